namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Sequences that follow each other, first and last included.</summary>
internal readonly record struct SequenceRun(ulong First, ulong Last)
{
    public ulong Count => Last - First + 1;
}
