using System.Net.Sockets;

namespace NATS.Server.Host;

/// <summary>Errors of the operating system in the words operators know from a Go program. Pure.</summary>
internal static class ErrorText
{
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
}
