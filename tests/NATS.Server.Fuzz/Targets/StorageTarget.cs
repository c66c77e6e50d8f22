using System.Buffers;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;

namespace NATS.Server.Fuzz.Targets;

/// <summary>The files of a store: what can be read is written again and read back the same.</summary>
internal sealed class StorageTarget : IFuzzTarget
{
    private static readonly HighwayHashKey Key = StoreHashKey.OfBlock("S", 1);

    public string Name => "storage";

    public long BaseAllocation => 2 * 1024 * 1024;

    public int AllocationPerByte => 2048;

    public string? Run(byte[] input, Random random) => RunRecords(input) ?? RunIndex(input) ?? RunConsumer(input) ?? RunReplicated(input) ?? RunSmallFiles(input);

    private static string? RunRecords(byte[] input)
    {
        CompressedBlock.TryDecompress(input, new ArrayBufferWriter<byte>(), 128 * 1024);
        MessageRecord.Read(input, Key, out _);
        ReadOnlySpan<byte> left = input;
        while (MessageRecord.Read(left, out StoredRecord record) == RecordStatus.Good)
        {
            if (record.Length < MessageRecord.EmptyLength || record.Length > left.Length) return "a record of an impossible length";
            if (!record.IsTombstone && !record.IsErased && Rewrite(record) is { } problem) return problem;
            left = left[record.Length..];
        }

        if (BackupArchive.ReadEntry(input, out BackupEntry entry) != RecordStatus.Good) return null;
        var output = new ArrayBufferWriter<byte>();
        BackupArchive.WriteEntry(output, entry);
        return BackupArchive.ReadEntry(output.WrittenSpan, out BackupEntry again) == RecordStatus.Good && again.Name.SequenceEqual(entry.Name) ? null : "the entry changed";
    }

    private static string? Rewrite(in StoredRecord record)
    {
        byte[] output = new byte[record.Length];
        MessageRecord.Write(output, Key, record.Sequence, record.TimestampNs, record.Subject, record.Headers, record.Payload, out _);
        if (MessageRecord.Read(output, Key, out StoredRecord again) != RecordStatus.Good) return "a written record is not good";
        return again.Sequence == record.Sequence && again.Subject.SequenceEqual(record.Subject) && again.Payload.SequenceEqual(record.Payload) ? null : "the record changed";
    }

    private static string? RunIndex(byte[] input)
    {
        if (!StreamIndexReader.TryBegin(input, out StreamIndexReader reader)) return null;
        int subjects = 0;
        while (reader.TryReadSubject(out ReadOnlySpan<byte> subject, out _))
        {
            if (subject.IsEmpty) return "an empty subject";
            subjects++;
        }

        while (reader.TryReadBlock(out StoredBlock? block))
        {
            if (block is null) return "no block";
        }

        return reader.TryReadEnd(out _, out _) && subjects > input.Length ? "more subjects than bytes" : null;
    }

    private static string? RunConsumer(byte[] input)
    {
        if (!ConsumerSnapshot.TryDecode(input, out ConsumerSnapshot? snapshot, out long baseSeconds)) return null;
        var output = new ArrayBufferWriter<byte>();
        snapshot.Encode(output, baseSeconds);
        if (!ConsumerSnapshot.TryDecode(output.WrittenSpan, out ConsumerSnapshot? again, out _)) return "a written snapshot cannot be read";
        return again.Pending.Count == snapshot.Pending.Count && again.Redelivered.SequenceEqual(snapshot.Redelivered) ? null : "the snapshot changed";
    }

    private static string? RunReplicated(byte[] input)
    {
        if (!ReplicatedState.TryDecode(input, out ReplicatedState? state)) return null;
        var output = new ArrayBufferWriter<byte>();
        state.Encode(output);
        return ReplicatedState.TryDecode(output.WrittenSpan, out ReplicatedState? again) && again.Deleted.Count == state.Deleted.Count ? null : "the state changed";
    }

    private static string? RunSmallFiles(byte[] input)
    {
        var output = new ArrayBufferWriter<byte>();
        if (SourcesFile.TryDecode(input, out List<StoredSource>? sources, out ulong high))
        {
            SourcesFile.Encode(output, sources, high);
            if (!SourcesFile.TryDecode(output.WrittenSpan, out List<StoredSource>? again, out _) || !again.SequenceEqual(sources)) return "the sources changed";
        }

        if (!SchedulesFile.TryDecode(input, out List<StoredSchedule>? schedules, out high)) return null;
        output.ResetWrittenCount();
        SchedulesFile.Encode(output, schedules, high);
        return SchedulesFile.TryDecode(output.WrittenSpan, out List<StoredSchedule>? same, out _) && same.Count == schedules.Count ? null : "the schedules changed";
    }
}
