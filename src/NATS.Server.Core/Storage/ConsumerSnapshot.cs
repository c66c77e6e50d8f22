using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Binary;

namespace NATS.Server.Core.Storage;

/// <summary>A message that was delivered and not acknowledged.</summary>
/// <param name="StreamSequence">In the stream.</param>
/// <param name="ConsumerSequence">Of its first delivery; 0 in files of version 1.</param>
/// <param name="TimeNs">Of its delivery, nanoseconds since 1970, whole seconds on disk.</param>
public readonly record struct PendingMessage(ulong StreamSequence, ulong ConsumerSequence, long TimeNs);

/// <summary>A message that was delivered more than once.</summary>
/// <param name="StreamSequence">In the stream.</param>
/// <param name="Deliveries">How often after the first time.</param>
public readonly record struct RedeliveredMessage(ulong StreamSequence, ulong Deliveries);

/// <summary>Not synchronised. What <c>o.dat</c> says of a consumer; also what is replicated of it.</summary>
/// <remarks>Read in versions 1 and 2, written in version 2. Reference: nats-server filestore.go and store.go.</remarks>
public sealed class ConsumerSnapshot
{
    private const byte Magic = 22;
    private const byte FirstVersion = 1;
    private const byte CurrentVersion = 2;
    private const long Second = 1_000_000_000;
    private const ulong SequenceLimit = 1UL << 63;

    public ulong DeliveredConsumer { get; set; }

    public ulong DeliveredStream { get; set; }

    public ulong AckFloorConsumer { get; set; }

    public ulong AckFloorStream { get; set; }

    /// <summary>In any order; the reference writes them in a random one.</summary>
    public List<PendingMessage> Pending { get; } = [];

    /// <summary>In any order.</summary>
    public List<RedeliveredMessage> Redelivered { get; } = [];

    /// <summary>Reads a snapshot, decrypted if it was encrypted.</summary>
    /// <param name="input">All of it.</param>
    /// <param name="snapshot">Null when it is damaged.</param>
    /// <param name="baseSeconds">The second against which times were written, 0 when nothing was pending.</param>
    public static bool TryDecode(ReadOnlySpan<byte> input, [NotNullWhen(true)] out ConsumerSnapshot? snapshot, out long baseSeconds) =>
        TryDecode(input, out snapshot, out baseSeconds, out _);

    /// <summary>Reads a snapshot, decrypted if it was encrypted.</summary>
    /// <param name="input">It, and what may stand behind it.</param>
    /// <param name="snapshot">Null when it is damaged.</param>
    /// <param name="baseSeconds">The second against which times were written, 0 when nothing was pending.</param>
    /// <param name="length">How many bytes it has.</param>
    public static bool TryDecode(ReadOnlySpan<byte> input, [NotNullWhen(true)] out ConsumerSnapshot? snapshot, out long baseSeconds, out int length)
    {
        snapshot = null;
        baseSeconds = 0;
        length = 0;
        if (input.Length < 2 || input[0] != Magic || input[1] is not (FirstVersion or CurrentVersion)) return false;
        bool isFirst = input[1] == FirstVersion;
        var reader = new ByteReader(input[2..]);
        var read = new ConsumerSnapshot
        {
            AckFloorConsumer = reader.ReadVarint(),
            AckFloorStream = reader.ReadVarint(),
            DeliveredConsumer = reader.ReadVarint(),
            DeliveredStream = reader.ReadVarint(),
        };

        // Version 1 counted what was delivered from the floor.
        if (isFirst && read.AckFloorConsumer > 1) unchecked { read.DeliveredConsumer += read.AckFloorConsumer - 1; }
        if (isFirst && read.AckFloorStream > 1) unchecked { read.DeliveredStream += read.AckFloorStream - 1; }
        if (!reader.IsValid || read.AckFloorStream >= SequenceLimit || read.DeliveredStream >= SequenceLimit) return false;
        if (!read.TryReadPending(ref reader, isFirst, out baseSeconds) || !read.TryReadRedelivered(ref reader)) return false;
        snapshot = read;
        length = 2 + reader.Position;
        return true;
    }

    /// <summary>Writes the snapshot.</summary>
    /// <param name="output">Gets it.</param>
    /// <param name="baseSeconds">The second against which times are written: now, rounded. Any will do; the nearer, the shorter.</param>
    public void Encode(IBufferWriter<byte> output, long baseSeconds)
    {
        output.WriteByte(Magic);
        output.WriteByte(CurrentVersion);
        output.WriteVarint(AckFloorConsumer);
        output.WriteVarint(AckFloorStream);
        output.WriteVarint(DeliveredConsumer);
        output.WriteVarint(DeliveredStream);
        output.WriteVarint((ulong)Pending.Count);
        if (Pending.Count > 0) output.WriteSignedVarint(baseSeconds);
        foreach (PendingMessage message in Pending)
        {
            output.WriteVarint(unchecked(message.StreamSequence - AckFloorStream));
            output.WriteVarint(unchecked(message.ConsumerSequence - AckFloorConsumer));
            output.WriteSignedVarint(unchecked(baseSeconds - (message.TimeNs / Second)));
        }

        output.WriteVarint((ulong)Redelivered.Count);
        foreach (RedeliveredMessage message in Redelivered)
        {
            output.WriteVarint(unchecked(message.StreamSequence - AckFloorStream));
            output.WriteVarint(message.Deliveries);
        }
    }

    // The count is not trusted: the list grows with what is really there.
    private bool TryReadPending(ref ByteReader reader, bool isFirst, out long baseSeconds)
    {
        baseSeconds = 0;
        ulong count = reader.ReadVarint();
        if (count > 0) baseSeconds = reader.ReadSignedVarint();
        for (ulong i = 0; i < count; i++)
        {
            ulong sequence = unchecked(reader.ReadVarint() + AckFloorStream);
            ulong delivery = isFirst ? 0 : unchecked(reader.ReadVarint() + AckFloorConsumer);
            long seconds = reader.ReadSignedVarint();
            if (!reader.IsValid || sequence == 0) return false;
            seconds = unchecked(isFirst ? seconds + baseSeconds : baseSeconds - seconds);
            Pending.Add(new PendingMessage(sequence, delivery, unchecked(seconds * Second)));
        }

        return reader.IsValid;
    }

    private bool TryReadRedelivered(ref ByteReader reader)
    {
        ulong count = reader.ReadVarint();
        for (ulong i = 0; i < count; i++)
        {
            ulong sequence = reader.ReadVarint();
            ulong deliveries = reader.ReadVarint();
            if (!reader.IsValid) return false;
            if (sequence > 0 && deliveries > 0) Redelivered.Add(new RedeliveredMessage(unchecked(sequence + AckFloorStream), deliveries));
        }

        return reader.IsValid;
    }
}
