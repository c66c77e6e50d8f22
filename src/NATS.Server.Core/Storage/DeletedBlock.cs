using NATS.Server.Core.Collections;

namespace NATS.Server.Core.Storage;

/// <summary>Sequences that are deleted: a set, or else a range.</summary>
/// <param name="Set">Null for a range.</param>
/// <param name="First">First of the range.</param>
/// <param name="Count">How many the range has.</param>
public readonly record struct DeletedBlock(SequenceSet? Set, ulong First, ulong Count)
{
    public static DeletedBlock OfSet(SequenceSet set) => new(set, 0, 0);

    public static DeletedBlock OfRange(ulong first, ulong count) => new(null, first, count);
}
