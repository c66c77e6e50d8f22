using Microsoft.Win32.SafeHandles;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Disks;

/// <summary>An open file of a <see cref="SystemDisk"/>. Any thread, as far as the ranges do not overlap.</summary>
internal sealed class SystemFile : IDiskFile
{
    private readonly SafeFileHandle _handle;
    private readonly DiskGate _gate;
    private FileSystemIdentity? _fileSystem;

    public SystemFile(SafeFileHandle handle, string path, DiskGate gate)
    {
        _gate = gate;
        _handle = handle;
        Path = path;
    }

    public string Path { get; }

    public SafeFileHandle Handle => _handle;

    /// <summary>Linux only; asked for once.</summary>
    public FileSystemIdentity FileSystem => _fileSystem ??= DiskCalls.FileSystemOf(_handle);

    public long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(_handle);
            }
            catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
            {
                throw DiskFailure.Of(problem, "get the length of", Path);
            }
        }
    }

    public int Read(long offset, Span<byte> buffer)
    {
        using DiskGate.Pass pass = _gate.Enter();
        try
        {
            int total = 0;
            while (true)
            {
                int count = RandomAccess.Read(_handle, buffer[total..], offset + total);
                total += count;
                if (count == 0 || total == buffer.Length) return total;
            }
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "read", Path);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        using DiskGate.Pass pass = _gate.Enter();
        try
        {
            RandomAccess.Write(_handle, data, offset);
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "write", Path);
        }
    }

    public void Truncate(long length)
    {
        using DiskGate.Pass pass = _gate.Enter();
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "truncate", Path);
        }
    }

    public void Sync()
    {
        using DiskGate.Pass pass = _gate.Enter();
        if (OperatingSystem.IsLinux())
        {
            int error = DiskCalls.SyncData(_handle);
            if (error != 0) throw DiskFailure.Of(error, "sync", Path);
            return;
        }

        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "sync", Path);
        }
    }

    public void Dispose() => _handle.Dispose();
}
