namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Owned by the stream, under its lock. Messages that are stored as they come, and acknowledged from time to time and at their end.</summary>
internal sealed class FastBatch(byte[] id, ushort flow, bool gapIsFine, long deadlineNs)
{
    /// <summary>At first, and where there is no other batch, the client hears after so many messages at most.</summary>
    public const int MostMessagesPerAck = 500;

    public byte[] Id { get; } = id;

    public bool GapIsFine { get; } = gapIsFine;

    /// <summary>When it is forgotten unless a message comes.</summary>
    public long DeadlineNs { get; set; } = deadlineNs;

    /// <summary>The sequence of the last message that came.</summary>
    public ulong LastSequence { get; set; }

    /// <summary>The last message that was stored, or needed not be.</summary>
    public ulong StoredSequence { get; set; }

    /// <summary>The sequence in the stream of the last message that was stored.</summary>
    public ulong StreamSequence { get; set; }

    /// <summary>The last message that the client was told about.</summary>
    public ulong ToldSequence { get; private set; }

    /// <summary>The message that is about to be stored is the last.</summary>
    public bool IsEnding { get; set; }

    /// <summary>The client hears after so many messages.</summary>
    public ushort MessagesPerAck { get; private set; }

    /// <summary>Sets after how many messages the client hears first.</summary>
    /// <param name="batches">How many are open, with this one: with others it begins slowly.</param>
    public void Begin(int batches) => MessagesPerAck = batches > 1 ? (ushort)1 : Math.Min((ushort)MostMessagesPerAck, flow);

    /// <summary>Whether the client is to hear now; then it may hear less or more often from now on.</summary>
    public bool IsDue(int batches)
    {
        if (StoredSequence < ToldSequence + MessagesPerAck) return false;
        ToldSequence += (StoredSequence - ToldSequence) / MessagesPerAck * MessagesPerAck;
        int most = Math.Min(Math.Max(1, MostMessagesPerAck / batches), flow);
        if (MessagesPerAck < most) MessagesPerAck = (ushort)Math.Min(MessagesPerAck * 2, most);
        else if (MessagesPerAck > most) MessagesPerAck = (ushort)Math.Max(MessagesPerAck / 2, most);
        return true;
    }
}
