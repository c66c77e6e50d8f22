namespace NATS.Server.Core.Config;

/// <summary>Paths of included files, by the reference's rules. Pure text. Thread-safe.</summary>
internal static class ConfigPath
{
    /// <summary>The path of <paramref name="included"/> beside <paramref name="file"/>; a rooted one too is taken as relative.</summary>
    public static string Beside(string file, string included)
    {
        var end = file.Length;
        while (end > 0 && !IsSeparator(file[end - 1])) end--;
        return Clean(end == 0 ? included.TrimStart('/') : string.Concat(file.AsSpan(0, end), included));
    }

    // Shortest equal path: no empty or "." parts, ".." resolved where there is something to leave.
    private static string Clean(string path)
    {
        var root = path.Length > 0 && IsSeparator(path[0]) ? Path.DirectorySeparatorChar.ToString() : "";
        var parts = new List<string>();
        foreach (var part in path.Split(['/', Path.DirectorySeparatorChar]))
        {
            if (part is "" or ".") continue;
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0 && parts[^1] != "..")
                parts.RemoveAt(parts.Count - 1);
            else if (root.Length == 0)
                parts.Add(part);
        }
        var joined = root + string.Join(Path.DirectorySeparatorChar, parts);
        return joined.Length == 0 ? "." : joined;
    }

    private static bool IsSeparator(char character) => character == '/' || character == Path.DirectorySeparatorChar;
}
