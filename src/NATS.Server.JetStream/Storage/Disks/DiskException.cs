namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>An operation of an <see cref="IDisk"/> failed. The message names the operation, the path and the reason that the system gave.</summary>
public sealed class DiskException : IOException
{
    public DiskException(DiskError error, string path, string message, Exception? inner = null)
        : base(message, inner)
    {
        Error = error;
        Path = path;
    }

    public DiskError Error { get; }

    public string Path { get; }
}
