namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>What was found of the keys of a block.</summary>
/// <param name="InFile">That of the key file; null when there is none or it cannot be opened.</param>
/// <param name="InTwin">Those of the twin that are others.</param>
internal sealed record FoundKeys(BlockKey? InFile, IReadOnlyList<BlockKey> InTwin)
{
    public bool HasFile { get; init; }

    public bool HasTwin { get; init; }

    /// <summary>The twin is not damaged; its keys may be none that can be opened.</summary>
    public bool IsTwinWhole { get; init; }

    /// <summary>The key file has a wrong bit, which was found.</summary>
    public bool IsCorrected { get; init; }

    public bool IsEncrypted => HasFile || HasTwin;

    public bool IsAnyOpen => InFile is not null || InTwin.Count > 0;
}
