using System.Buffers.Binary;
using NATS.Server.Core.Hashing;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.StoreBench.Cases;

/// <summary>The yardstick: a file to which records of the store's length, with its checksum, are appended, and nothing else.</summary>
internal sealed class PlainLog : IDisposable
{
    public const int BufferLength = 64 * 1024;

    private const int HeadLength = 22;
    private static readonly byte[] Subject = "bench.subject"u8.ToArray();

    private readonly HighwayHashKey _key = new(new byte[HighwayHashKey.Length]);
    private readonly SystemDisk _disk = new();
    private readonly IDiskFile _file;
    private readonly byte[] _buffer = new byte[BufferLength];
    private int _used;
    private long _written;

    public PlainLog(string path) => _file = _disk.Open(path, DiskOpen.Empty);

    public static int RecordLength => HeadLength + Subject.Length + Messages.PayloadLength + HighwayHash64.Length;

    /// <summary>Appends a record; full buffers are written.</summary>
    public void Append(ulong sequence)
    {
        if (_used + RecordLength > BufferLength) Write();
        Span<byte> record = _buffer.AsSpan(_used, RecordLength);
        BinaryPrimitives.WriteInt32LittleEndian(record, RecordLength);
        BinaryPrimitives.WriteUInt64LittleEndian(record[4..], sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(record[12..], sequence * 1000);
        BinaryPrimitives.WriteUInt16LittleEndian(record[20..], (ushort)Subject.Length);
        Subject.CopyTo(record[HeadLength..]);
        Messages.Payload.CopyTo(record[(HeadLength + Subject.Length)..]);
        ulong hash = HighwayHash64.Hash(_key, record[4..20], record[HeadLength..^HighwayHash64.Length]);
        BinaryPrimitives.WriteUInt64LittleEndian(record[^HighwayHash64.Length..], hash);
        _used += RecordLength;
    }

    public void Write()
    {
        _file.Write(_written, _buffer.AsSpan(0, _used));
        _written += _used;
        _used = 0;
    }

    public void WriteAndSync()
    {
        Write();
        _file.Sync();
    }

    public void Dispose()
    {
        _file.Dispose();
        _disk.DeleteFile(_file.Path);
        _disk.Dispose();
    }
}
