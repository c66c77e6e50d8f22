namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>Any thread. An open file of an <see cref="OverlayDisk"/>. Nothing is held open for it.</summary>
internal sealed class OverlayFile(OverlayDisk disk, OverlayContent content, string path) : IDiskFile
{
    private bool _isClosed;

    public string Path => path;

    public long Length => disk.LengthOf(Opened());

    public int Read(long offset, Span<byte> buffer) => disk.Read(Opened(), offset, buffer);

    public void Write(long offset, ReadOnlySpan<byte> data) => disk.Write(Opened(), offset, data);

    public void Truncate(long length) => disk.SetLength(Opened(), length);

    // What is in memory only is as durable as it will ever be.
    public void Sync() => Opened();

    public void Dispose() => _isClosed = true;

    private OverlayContent Opened()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return content;
    }
}
