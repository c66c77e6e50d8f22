using System.Globalization;

namespace NATS.Server.Host.StoreCommands;

/// <summary>Finds servers that have a store open. Linux only: elsewhere none is found.</summary>
/// <remarks>
/// By the files that processes have open, and by what running nats-servers were told on their command line or in their configuration: a server that is idle has no file open. Processes of other users are
/// only seen by root.
/// </remarks>
internal static class StoreHolders
{
    /// <summary>A process that has the directory, or something above or below it, as its store; null when none is found.</summary>
    public static string? Find(string directory)
    {
        if (!OperatingSystem.IsLinux()) return null;
        string store = RealPath(directory);
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id == Environment.ProcessId) continue;
            if (HasOpen(process, store) || IsServerOf(process, store)) return $"process {id} ({NameOf(process)})";
        }

        return null;
    }

    private static bool HasOpen(string process, string store)
    {
        try
        {
            foreach (string descriptor in Directory.EnumerateFiles($"{process}/fd"))
            {
                if (new FileInfo(descriptor).LinkTarget is { } target && IsWithin(target, store)) return true;
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to somebody else.
        }

        return false;
    }

    private static bool IsServerOf(string process, string store)
    {
        if (NameOf(process) != "nats-server") return false;
        try
        {
            string[] arguments = File.ReadAllText($"{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            string folder = new DirectoryInfo($"{process}/cwd").LinkTarget ?? "/";
            string? held = ValueOf(arguments, "sd", "store_dir");
            if (held is null && ValueOf(arguments, "c", "config") is { } config && JetStreamSettings.TryRead(Path.Combine(folder, config), out JetStreamSettings? settings, out _))
                held = settings.StoreDirectory;
            if (string.IsNullOrEmpty(held)) return false;
            string root = RealPath(Path.Combine(folder, held));
            return IsWithin(store, root) || IsWithin(root, store);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? ValueOf(string[] arguments, params ReadOnlySpan<string> names)
    {
        for (int i = 1; i < arguments.Length; i++)
        {
            string argument = arguments[i].TrimStart('-');
            if (argument.Length == arguments[i].Length) continue;
            foreach (string name in names)
            {
                if (argument == name) return i + 1 < arguments.Length ? arguments[i + 1] : null;
                if (argument.StartsWith(name + "=", StringComparison.Ordinal)) return argument[(name.Length + 1)..];
            }
        }

        return null;
    }

    private static bool IsWithin(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/');

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/comm").Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }

    // Without links: as the kernel names open files.
    private static string RealPath(string path)
    {
        string real = "";
        foreach (string part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string next = $"{real}/{part}";
            real = new DirectoryInfo(next).ResolveLinkTarget(returnFinalTarget: true)?.FullName.TrimEnd('/') ?? next;
        }

        return real.Length == 0 ? "/" : real;
    }
}
