using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Testing.Disks;

/// <summary>Any thread. An open file of a <see cref="SimulatedDisk"/>. Using it after its disposal throws, as it would on a real disk at best.</summary>
internal sealed class SimulatedFile : IDiskFile
{
    private readonly SimulatedDisk _disk;
    private readonly SimulatedContent _content;
    private bool _isClosed;

    public SimulatedFile(SimulatedDisk disk, SimulatedContent content, string path)
    {
        _disk = disk;
        _content = content;
        Path = path;
    }

    public string Path { get; }

    public SimulatedDisk Disk => _disk;

    public long Length => _disk.LengthOf(Opened());

    public int Read(long offset, Span<byte> buffer) => _disk.Read(Opened(), Path, offset, buffer);

    public void Write(long offset, ReadOnlySpan<byte> data) => _disk.Write(Opened(), Path, offset, data);

    public void Truncate(long length) => _disk.Truncate(Opened(), Path, length);

    public void Sync() => _disk.Sync(Opened(), Path, isFirst: true);

    public SimulatedContent Opened()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _content;
    }

    public void Dispose()
    {
        if (_isClosed) return;
        _isClosed = true;
        _disk.Close(_content);
    }
}
