using System.Diagnostics;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>
/// Under its store's lock. A run of a stream's records: one file of the store, or in memory only. The totals are always at hand; the records are read when they are
/// needed, verified, and dropped again when nobody reads them.
/// </summary>
/// <remarks>
/// What a block answers may find damage: the messages that are lost then count as deleted, <see cref="Messages"/> and <see cref="Bytes"/> are smaller
/// afterwards, and <see cref="BlockSettings.Damaged"/> was called. Calls that read or write files throw <see cref="Disks.DiskException"/>; state in memory is then as before.
/// </remarks>
internal sealed partial class MessageBlock
{
    // Bytes that a record has in files beyond subject, headers and payload, and those that the memory store counts in their place.
    private const uint MemoryOverhead = 16;

    // So many messages are looked at one by one before the chains of subjects are used, which have to be made first.
    private const int LinearSearch = 256;

    private readonly BlockSettings _settings;
    private readonly HighwayHashKey _key;
    private BlockContent? _content;
    private bool _isUsed;

    /// <summary>Begins an empty block. Nothing is written before the first flush.</summary>
    /// <param name="settings">Of the store.</param>
    /// <param name="index">The number in its file name, from 1 up, never used before.</param>
    /// <param name="nextSequence">The sequence that its first message is expected to have.</param>
    /// <param name="lastTimeNs">The time of the stream's last message.</param>
    /// <param name="capacity">Bytes to have room for at once: the block size for a stream that is busy, else 0.</param>
    public MessageBlock(BlockSettings settings, uint index, ulong nextSequence, long lastTimeNs = 0, int capacity = 0)
    {
        _settings = settings;
        _key = settings.KeyOf(index);
        Index = index;
        FirstSequence = nextSequence;
        LastSequence = nextSequence - 1;
        LastTimeNs = lastTimeNs;
        _content = new BlockContent(0, 0, capacity);
        _isUsed = true;
        BeginFile();
    }

    /// <summary>The number in its file name.</summary>
    public uint Index { get; }

    /// <summary>The sequence of its first message; one above the last when there is none.</summary>
    public ulong FirstSequence { get; private set; }

    /// <summary>The sequence of the last message that there ever was in it.</summary>
    public ulong LastSequence { get; private set; }

    /// <summary>Nanoseconds since 1970; 0 when there is no message.</summary>
    public long FirstTimeNs { get; private set; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long LastTimeNs { get; private set; }

    /// <summary>How many messages it has.</summary>
    public ulong Messages { get; private set; }

    /// <summary>What they count: whole records in files; 16 and the bytes of subject, headers and payload in memory.</summary>
    public ulong Bytes { get; private set; }

    /// <summary>Bytes of all records, dead ones and tombstones too, before compression.</summary>
    public long RawBytes { get; private set; }

    /// <summary>The checksum of the last record, as <c>index.db</c> holds it.</summary>
    public ulong LastHash { get; private set; }

    /// <summary>Messages with a time to live: counted by the owner.</summary>
    public ulong Expiring { get; set; }

    /// <summary>Messages that are schedules: counted by the owner.</summary>
    public ulong Scheduled { get; set; }

    /// <summary>Sequences between the first and the last that have no message.</summary>
    public DeletedSequences Deleted { get; } = new();

    /// <summary>Bytes of memory that go when the cache is dropped, about.</summary>
    public long CachedBytes => _content?.MemoryBytes ?? 0;

    /// <summary>Appends a message.</summary>
    /// <param name="sequence">Above the last one; with a gap, what is between is deleted.</param>
    /// <param name="timestampNs">Nanoseconds since 1970.</param>
    /// <param name="subject">At most 65535 bytes.</param>
    /// <param name="headers">Empty for none.</param>
    /// <param name="payload">The record is at most <see cref="MessageRecord.MaximumLength"/> long.</param>
    /// <returns>What the message counts in <see cref="Bytes"/>.</returns>
    public uint Append(ulong sequence, long timestampNs, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        Debug.Assert(sequence > LastSequence && CanAppend);
        int length = (int)MessageRecord.LengthOf(subject.Length, headers.Length, payload.Length);
        BlockContent content = End();
        MessageRecord.Write(content.Reserve(length, _settings.BlockSize), _key, sequence, timestampNs, subject, headers, payload, out ulong hash);
        content.Advance(length, sequence);
        if (Messages == 0)
        {
            FirstSequence = sequence;
            FirstTimeNs = timestampNs;
            Deleted.Clear();
        }
        else if (sequence > LastSequence + 1)
        {
            Deleted.AddRange(LastSequence + 1, sequence - 1);
        }

        LastSequence = sequence;
        LastTimeNs = timestampNs;
        uint bytes = CountOf(length, !headers.IsEmpty);
        Messages++;
        Bytes += bytes;
        RawBytes += length;
        LastHash = hash;
        return bytes;
    }

    /// <summary>Says that a message, of this block or one before, is deleted. In a block without messages it also keeps the last sequence. Memory blocks write nothing.</summary>
    /// <param name="sequence">Of the message.</param>
    /// <param name="timestampNs">Of the message.</param>
    public void AppendTombstone(ulong sequence, long timestampNs)
    {
        Debug.Assert(CanAppend);
        if (!_settings.IsMemory)
        {
            BlockContent content = End();
            MessageRecord.WriteTombstone(content.Reserve(MessageRecord.EmptyLength, _settings.BlockSize), _key, sequence, timestampNs, out ulong hash);
            Appended(content, hash);
        }

        if (Messages == 0 && sequence > LastSequence) SetEmpty(sequence, timestampNs);
    }

    /// <summary>Says that there are no messages from the last one up to a sequence. Memory blocks write nothing.</summary>
    /// <param name="sequence">Above the last one.</param>
    /// <param name="timestampNs">Becomes the last time.</param>
    public void AppendSkip(ulong sequence, long timestampNs)
    {
        Debug.Assert(sequence > LastSequence && CanAppend);
        if (!_settings.IsMemory)
        {
            BlockContent content = End();
            MessageRecord.WriteSkip(content.Reserve(MessageRecord.EmptyLength, _settings.BlockSize), _key, sequence, timestampNs, out ulong hash);
            Appended(content, hash);
        }

        if (Messages == 0)
        {
            SetEmpty(sequence, timestampNs);
            return;
        }

        Deleted.AddRange(LastSequence + 1, sequence);
        LastSequence = sequence;
        LastTimeNs = timestampNs;
    }

    /// <summary>Remembers how the block is, to undo what is appended next.</summary>
    public BlockMark Mark() => new(FirstSequence, FirstTimeNs, LastSequence, LastTimeNs, Messages, Bytes, LastHash, (int)RawBytes, End().Records.Count);

    /// <summary>Undoes what was appended since the mark: only appended, not flushed, and seen by nobody.</summary>
    public void Rewind(in BlockMark mark)
    {
        Debug.Assert(mark.EndOffset >= _flushed);

        // Something else at this place would be encrypted with the same part of the key stream.
        if (mark.EndOffset < _written && Cipher is not null) CanAppend = false;
        End().Rewind(mark.EndOffset, mark.Records);
        FirstSequence = mark.FirstSequence;
        FirstTimeNs = mark.FirstTimeNs;
        LastSequence = mark.LastSequence;
        LastTimeNs = mark.LastTimeNs;
        Messages = mark.Messages;
        Bytes = mark.Bytes;
        LastHash = mark.LastHash;
        RawBytes = mark.EndOffset;
        if (Messages == 0) Deleted.Clear();
        else Deleted.RemoveAbove(LastSequence);
    }

    /// <summary>Whether a sequence has a message, without reading it.</summary>
    public bool Holds(ulong sequence) => Messages > 0 && sequence >= FirstSequence && sequence <= LastSequence && !Deleted.Contains(sequence);

    /// <summary>Reads a message. <see cref="StoreResult.NotFound"/> when there is none, or it is damaged.</summary>
    public StoreResult Load(ulong sequence, out StoredMessage message)
    {
        if (TryFind(sequence, out BlockContent? content, out int ordinal))
        {
            message = content!.MessageAt(ordinal);
            return StoreResult.Ok;
        }

        message = default;
        return StoreResult.NotFound;
    }

    /// <summary>Whether all of its messages are in memory, so that no search in it reads the disk.</summary>
    public bool IsInMemory => _content is { } content && (content.IsWhole || FirstSequence >= content.CoversFrom);

    private static bool Matches(BlockContent content, int ordinal, ReadOnlySpan<byte> subject) =>
        !content.Records.IsDead(ordinal) && content.SubjectAt(ordinal).SequenceEqual(subject);

    private uint CountOf(int length, bool hasHeaders) =>
        _settings.IsMemory ? (uint)length - MessageRecord.EmptyLength - (hasHeaders ? sizeof(uint) : 0U) + MemoryOverhead : (uint)length;

    private void SetEmpty(ulong lastSequence, long lastTimeNs)
    {
        Deleted.Clear();
        LastSequence = lastSequence;
        LastTimeNs = lastTimeNs;
        FirstSequence = lastSequence + 1;
        FirstTimeNs = 0;
    }

    private void Appended(BlockContent content, ulong hash)
    {
        content.Advance(MessageRecord.EmptyLength);
        RawBytes += MessageRecord.EmptyLength;
        LastHash = hash;
    }

    // The content with the end of the block. A block that is not in memory gets one that begins here.
    private BlockContent End()
    {
        _isUsed = true;
        return _content ??= new BlockContent((int)RawBytes, LastSequence + 1);
    }

    // The content with all messages from a sequence on.
    private BlockContent Covering(ulong from)
    {
        _isUsed = true;
        return _content is { } content && (content.IsWhole || from >= content.CoversFrom) ? content : ReadContent();
    }

    private bool TryFind(ulong sequence, out BlockContent? content, out int ordinal)
    {
        content = null;
        ordinal = -1;
        if (Messages == 0 || sequence < FirstSequence || sequence > LastSequence) return false;
        content = Covering(sequence);
        ordinal = content.Records.Find(sequence);
        return ordinal >= 0 && !content.Records.IsDead(ordinal);
    }
}
