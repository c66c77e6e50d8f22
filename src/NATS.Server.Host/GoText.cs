using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NATS.Server.Host;

/// <summary>Texts in the form operators know from a Go program: quoted strings and operating-system errors. Pure.</summary>
internal static class GoText
{
    /// <summary>The string in double quotes with Go's escapes, as <c>%q</c> prints it.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
            AppendEscaped(quoted, rune);
        return quoted.Append('"').ToString();
    }

    /// <summary>The failed operation and its reason: <c>open /x/y: no such file or directory</c>.</summary>
    public static string FileError(string operation, string path, Exception exception) => $"{operation} {path}: {Reason(path, exception)}";

    /// <summary>A socket error in the words of the C library.</summary>
    public static string SocketReason(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.TimedOut => "i/o timeout",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network is unreachable",
        SocketError.HostNotFound or SocketError.NoData => "no such host",
        SocketError.AccessDenied => "permission denied",
        SocketError.AddressNotAvailable => "no such file or directory", // .NET's code for ENOENT of a unix socket
        SocketError.ConnectionReset => "connection reset by peer",
        SocketError.ProtocolType => "protocol wrong type for socket",
        _ => exception.Message,
    };

    private static string Reason(string path, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException when Directory.Exists(path) => "is a directory",
        UnauthorizedAccessException => "permission denied",
        PathTooLongException => "file name too long",
        _ => exception.Message,
    };

    private static void AppendEscaped(StringBuilder quoted, Rune rune)
    {
        switch (rune.Value)
        {
            case '"': quoted.Append("\\\""); break;
            case '\\': quoted.Append(@"\\"); break;
            case '\a': quoted.Append("\\a"); break;
            case '\b': quoted.Append("\\b"); break;
            case '\f': quoted.Append("\\f"); break;
            case '\n': quoted.Append("\\n"); break;
            case '\r': quoted.Append("\\r"); break;
            case '\t': quoted.Append("\\t"); break;
            case '\v': quoted.Append("\\v"); break;
            case < 0x20 or 0x7F:
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
                break;
            default:
                if (IsPrintable(rune))
                    quoted.Append(rune.ToString());
                else if (rune.IsBmp)
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
                else
                    quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
                break;
        }
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
