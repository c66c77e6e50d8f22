using System.Buffers.Binary;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.Storage;

/// <summary>
/// Reads <c>index.db</c>, the state of a stream when it was last written, front to back: the totals, all subjects, all blocks, the end. Nothing of it may
/// be used before <see cref="TryReadEnd"/> has said that all of it was there.
/// </summary>
/// <remarks>Versions 1 to 4. Reference: nats-server filestore.go.</remarks>
public ref struct StreamIndexReader
{
    private const byte OldestVersion = 1;
    private const byte VersionWithExpiring = 2;
    private const byte VersionWithScheduled = 3;
    private const byte VersionWithLastBlocks = 4;

    private readonly byte _version;
    private ByteReader _reader;
    private ulong _subjectsLeft;
    private ulong _blocksLeft;
    private bool _isPastSubjects;

    private StreamIndexReader(byte version, ByteReader reader)
    {
        _version = version;
        _reader = reader;
        Totals = new StreamTotals(
            _reader.ReadVarint(), _reader.ReadVarint(), _reader.ReadVarint(), _reader.ReadSignedVarint(), _reader.ReadVarint(), _reader.ReadSignedVarint());
        SubjectCount = _reader.ReadVarint();
        _subjectsLeft = SubjectCount;
    }

    /// <summary>What is said of the stream as a whole.</summary>
    public readonly StreamTotals Totals { get; }

    /// <summary>How many subjects there are, as the file says: not to be trusted with memory.</summary>
    public readonly ulong SubjectCount { get; }

    /// <summary>Takes the checksum off the end of a file.</summary>
    /// <param name="file">All of it. What is under the checksum is encrypted if the stream is.</param>
    /// <param name="key">Of the stream.</param>
    /// <param name="content">What is before the checksum.</param>
    /// <returns>False when the checksum does not match.</returns>
    public static bool TryCheck(ReadOnlySpan<byte> file, HighwayHashKey key, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (file.Length < HighwayHash64.Length) return false;
        ReadOnlySpan<byte> hash = file[^HighwayHash64.Length..];
        content = file[..^HighwayHash64.Length];
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) == HighwayHash64.Hash(key, content);
    }

    /// <summary>Begins to read.</summary>
    /// <param name="content">Without the checksum, and decrypted.</param>
    /// <param name="reader">Stands before the subjects.</param>
    /// <returns>False when it is not an index, or of an unknown version.</returns>
    public static bool TryBegin(ReadOnlySpan<byte> content, out StreamIndexReader reader)
    {
        reader = default;
        if (content.Length < 2 || content[0] != StreamIndexWriter.Magic || content[1] is < OldestVersion or > StreamIndexWriter.Version) return false;
        reader = new StreamIndexReader(content[1], new ByteReader(content[2..]));
        return reader._reader.IsValid;
    }

    /// <summary>Reads the next subject. False after the last, or when the file is damaged.</summary>
    /// <param name="subject">Valid as long as the file is.</param>
    /// <param name="info">What is said of it.</param>
    public bool TryReadSubject(out ReadOnlySpan<byte> subject, out StoredSubject info)
    {
        while (_subjectsLeft > 0 && _reader.IsValid)
        {
            _subjectsLeft--;
            subject = _reader.ReadBytes(_reader.ReadVarint());

            // The reference writes nothing more after an empty subject, which should not be there at all.
            if (subject.IsEmpty) continue;
            ulong messages = _reader.ReadVarint();
            uint first = _reader.ReadVarint32();
            uint last = messages > 1 || _version >= VersionWithLastBlocks ? _reader.ReadVarint32() : first;
            info = new StoredSubject(messages, first, last);
            return _reader.IsValid;
        }

        subject = default;
        info = default;
        return false;
    }

    /// <summary>Reads the next block, after all subjects. False after the last, or when the file is damaged.</summary>
    public bool TryReadBlock(out StoredBlock? block)
    {
        block = null;
        if (_subjectsLeft > 0) return false;
        if (!_isPastSubjects)
        {
            _isPastSubjects = true;
            _blocksLeft = _reader.ReadVarint();
        }

        if (_blocksLeft == 0 || !_reader.IsValid) return false;
        _blocksLeft--;
        uint index = _reader.ReadVarint32();
        ulong bytes = _reader.ReadVarint();
        ulong firstSequence = _reader.ReadVarint();
        long firstTime = _reader.ReadSignedVarint();
        ulong lastSequence = _reader.ReadVarint();
        long lastTime = _reader.ReadSignedVarint();
        ulong deletedCount = _reader.ReadVarint();
        ulong expiring = _version >= VersionWithExpiring ? _reader.ReadVarint() : 0;
        ulong scheduled = _version >= VersionWithScheduled ? _reader.ReadVarint() : 0;
        SequenceSet? deleted = deletedCount > 0 ? ReadDeleted() : null;
        if (!_reader.IsValid) return false;
        block = new StoredBlock(
            index, bytes, firstSequence, unchecked(firstTime + Totals.FirstTimeNs), lastSequence, unchecked(lastTime + Totals.FirstTimeNs), deleted, expiring, scheduled);
        return true;
    }

    /// <summary>Reads the end, after all blocks.</summary>
    /// <param name="lastBlock">The number of the last block.</param>
    /// <param name="lastHash">The checksum of the last record in it: if the block ends otherwise, the index is older than it.</param>
    /// <returns>False when the file is damaged anywhere, or was not read to the end.</returns>
    public bool TryReadEnd(out uint lastBlock, out ulong lastHash)
    {
        lastBlock = _reader.ReadVarint32();
        lastHash = _reader.ReadUInt64();
        return _isPastSubjects && _subjectsLeft == 0 && _blocksLeft == 0 && _reader.IsValid;
    }

    private SequenceSet? ReadDeleted()
    {
        if (!SequenceSet.TryDecode(_reader.Left, out SequenceSet? deleted, out int length, out _)) _reader.Fail();
        else _reader.Skip(length);
        return deleted;
    }
}
