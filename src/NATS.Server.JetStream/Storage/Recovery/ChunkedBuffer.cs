using System.Buffers;
using NATS.Server.Core.Hashing;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Owned by one user at a time. Bytes in pieces that are never moved: what has many megabytes is written without ever lying together.</summary>
internal sealed class ChunkedBuffer : IBufferWriter<byte>
{
    private const int FirstChunk = 4 << 10;
    private const int LargestChunk = 1 << 20;

    private readonly List<ReadOnlyMemory<byte>> _full = [];
    private byte[] _chunk = [];
    private int _used;
    private long _before;

    /// <summary>Bytes written.</summary>
    public long Length => _before + _used;

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _chunk.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _chunk.AsSpan(_used);
    }

    /// <summary>The checksum of all.</summary>
    public ulong Hash(HighwayHashKey key)
    {
        var hash = new HighwayHash64(key);
        foreach (ReadOnlyMemory<byte> chunk in _full)
        {
            hash.Append(chunk.Span);
        }

        hash.Append(_chunk.AsSpan(0, _used));
        return hash.ToUInt64();
    }

    /// <summary>Everything together.</summary>
    public byte[] ToArray()
    {
        byte[] all = new byte[Length];
        int at = 0;
        foreach (ReadOnlyMemory<byte> chunk in _full)
        {
            chunk.Span.CopyTo(all.AsSpan(at));
            at += chunk.Length;
        }

        _chunk.AsSpan(0, _used).CopyTo(all.AsSpan(at));
        return all;
    }

    /// <summary>Writes everything from the start of a file on.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public void WriteTo(IDiskFile file)
    {
        long at = 0;
        foreach (ReadOnlyMemory<byte> chunk in _full)
        {
            file.Write(at, chunk.Span);
            at += chunk.Length;
        }

        if (_used > 0) file.Write(at, _chunk.AsSpan(0, _used));
    }

    private void Reserve(int count)
    {
        if (_chunk.Length - _used >= count) return;
        if (_used > 0) _full.Add(_chunk.AsMemory(0, _used));
        _before += _used;
        _used = 0;
        _chunk = new byte[Math.Max(count, Math.Clamp(_chunk.Length * 2, FirstChunk, LargestChunk))];
    }
}
