using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Binary;

namespace NATS.Server.Core.Storage;

/// <summary>A message that is a schedule.</summary>
/// <param name="Subject">Of the message: a subject has one schedule.</param>
/// <param name="TimeNs">When it is next due, nanoseconds since 1970.</param>
/// <param name="Sequence">Of the message.</param>
public readonly record struct StoredSchedule(byte[] Subject, long TimeNs, ulong Sequence);

/// <summary>Pure. <c>msgs/sched.db</c>: when the schedules of a stream are due. Never encrypted.</summary>
/// <remarks>Version 1 byte, count 8, high sequence 8; for each: length of the subject 2 and it, time, sequence. In any order.</remarks>
public static class SchedulesFile
{
    private const byte Version = 1;
    private const int HeaderLength = 17;

    /// <summary>Writes the file.</summary>
    /// <param name="output">Gets it.</param>
    /// <param name="schedules">Of the stream. Subjects have at most 65535 bytes.</param>
    /// <param name="highSequence">One above the last sequence of the stream for which they hold.</param>
    public static void Encode(IBufferWriter<byte> output, IReadOnlyCollection<StoredSchedule> schedules, ulong highSequence)
    {
        output.WriteByte(Version);
        output.WriteUInt64((ulong)schedules.Count);
        output.WriteUInt64(highSequence);
        foreach (StoredSchedule schedule in schedules)
        {
            output.WriteUInt16(checked((ushort)schedule.Subject.Length));
            output.Write(schedule.Subject);
            output.WriteSignedVarint(schedule.TimeNs);
            output.WriteVarint(schedule.Sequence);
        }
    }

    /// <summary>Reads the file.</summary>
    /// <param name="input">All of it.</param>
    /// <param name="schedules">Null when it is damaged.</param>
    /// <param name="highSequence">One above the last sequence of the stream for which they hold.</param>
    public static bool TryDecode(ReadOnlySpan<byte> input, [NotNullWhen(true)] out List<StoredSchedule>? schedules, out ulong highSequence)
    {
        schedules = null;
        highSequence = 0;
        if (input.Length < HeaderLength || input[0] != Version) return false;
        var reader = new ByteReader(input[1..]);
        ulong count = reader.ReadUInt64();
        ulong high = reader.ReadUInt64();
        List<StoredSchedule> read = [];
        for (ulong i = 0; i < count; i++)
        {
            byte[] subject = reader.ReadBytes(reader.ReadUInt16()).ToArray();
            long time = reader.ReadSignedVarint();
            ulong sequence = reader.ReadVarint();
            if (!reader.IsValid) return false;
            read.Add(new StoredSchedule(subject, time, sequence));
        }

        schedules = read;
        highSequence = high;
        return true;
    }
}
