using System.Globalization;
using System.Text;

namespace NATS.Server.Host.Flags;

/// <summary>
/// Overwrites the secrets of the command line where <c>ps</c> and <c>/proc/PID/cmdline</c> show them. Linux only; elsewhere the system keeps its own copy.
/// The runtime has copied the arguments to managed strings before any of this runs.
/// </summary>
internal static class ArgumentMemory
{
    private const int ArgStartField = 48;
    private const byte Mask = (byte)'*';

    /// <summary>The command line as the system shows it, program name first; empty where it cannot be read.</summary>
    public static IReadOnlyList<string> Read()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Split(File.ReadAllBytes("/proc/self/cmdline")) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // no /proc: nobody else sees the command line there either
        }
    }

    /// <summary>Masks the secrets in place. Does nothing where the memory of the arguments is not known.</summary>
    public static unsafe void Redact()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            var shown = File.ReadAllBytes("/proc/self/cmdline");
            var masked = Masked(shown);
            if (masked.AsSpan().SequenceEqual(shown) || !TryFindArguments(shown.Length, out var address))
                return;
            masked.CopyTo(new Span<byte>((void*)address, shown.Length));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // no /proc: nobody else sees the command line there either
        }
    }

    /// <summary>A copy of a command line, arguments ended by zero bytes, with the bytes of its secrets replaced one by one.</summary>
    internal static byte[] Masked(ReadOnlySpan<byte> commandLine)
    {
        var masked = commandLine.ToArray();
        var arguments = Split(commandLine);
        foreach (var (argument, secret) in ArgumentRedaction.Find(arguments))
        {
            var start = arguments.Take(argument).Sum(earlier => Encoding.Latin1.GetByteCount(earlier) + 1);
            masked.AsSpan(start)[secret].Fill(Mask);
        }
        return masked;
    }

    // Latin-1 keeps one character per byte, so that character ranges are byte ranges.
    private static string[] Split(ReadOnlySpan<byte> commandLine) => Encoding.Latin1.GetString(commandLine).TrimEnd('\0').Split('\0');

    private static bool TryFindArguments(int length, out nuint address)
    {
        address = 0;
        var stat = File.ReadAllText("/proc/self/stat");
        // Fields are counted after the process name, which is in parentheses and may contain anything; the state is field 3.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].TrimEnd().Split(' ');
        const int First = 3;
        if (fields.Length <= ArgStartField - First + 1)
            return false;
        var start = ulong.Parse(fields[ArgStartField - First], CultureInfo.InvariantCulture);
        var end = ulong.Parse(fields[ArgStartField - First + 1], CultureInfo.InvariantCulture);
        address = (nuint)start;
        return start != 0 && end - start >= (ulong)length;
    }
}
