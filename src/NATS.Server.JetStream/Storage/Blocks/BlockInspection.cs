namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Owned by who asked for it. A block as it was read for a check: everything that is in it, whatever an index says.</summary>
/// <param name="Scan">What was found, with repaired lengths.</param>
/// <param name="Content">The records.</param>
/// <param name="FileBytes">Of the file.</param>
/// <param name="IsCompressed">Whether the file is compressed.</param>
/// <param name="IsEncrypted">Whether it is encrypted.</param>
/// <param name="IsSalvaged">Whether the compression is damaged: the records are what could be had.</param>
/// <param name="Guard">What the guard file says, decrypted; empty without one.</param>
internal sealed record BlockInspection(BlockScan Scan, BlockContent Content, long FileBytes, bool IsCompressed, bool IsEncrypted, bool IsSalvaged, byte[] Guard)
{
    /// <summary>How many records the guard speaks of.</summary>
    public int Guarded => Guard.Length / GuardEntry.Length;

    /// <summary>How many of the guard's entries, from its beginning on, are those of the records.</summary>
    public int GuardsThatFit
    {
        get
        {
            ReadOnlySpan<byte> entries = MessageBlock.EntriesOf(Content, 0, Content.EndOffset);
            int fitting = entries.CommonPrefixLength(Guard) / GuardEntry.Length;
            return Math.Min(fitting, Guarded);
        }
    }

    /// <summary>Whether the block ends in damage.</summary>
    public bool IsEndDamaged => Scan.Holes is [.., var last] && last.Offset + last.Length == Content.EndOffset;
}
