namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>What a store knows of a subject at all times: how many messages it has, and between which blocks they are.</summary>
internal struct SubjectEntry(ulong messages, uint firstBlock, uint lastBlock)
{
    private const uint Doubtful = 1U << 31;
    private uint _lastBlock = lastBlock;

    /// <summary>How many messages it has; never 0 in the index.</summary>
    public ulong Messages = messages;

    /// <summary>The number of the first message's block, or a lower one when messages were removed since it was looked for.</summary>
    public uint FirstBlock = firstBlock;

    /// <summary>The number of the last message's block, or a higher one if <see cref="IsLastDoubtful"/>.</summary>
    public uint LastBlock
    {
        readonly get => _lastBlock & ~Doubtful;
        set => _lastBlock = value;
    }

    /// <summary>The last block lost messages of this subject since it was looked into.</summary>
    public readonly bool IsLastDoubtful => (_lastBlock & Doubtful) != 0;

    /// <summary>Says that the last message may be in an earlier block.</summary>
    public void DoubtLast() => _lastBlock |= Doubtful;
}
