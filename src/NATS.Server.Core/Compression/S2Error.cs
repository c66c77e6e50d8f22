namespace NATS.Server.Core.Compression;

/// <summary>What is wrong with a compressed stream.</summary>
public enum S2Error
{
    None,

    /// <summary>It does not begin with an identifier, or a chunk or block is damaged.</summary>
    Corrupt,

    /// <summary>A checksum does not match.</summary>
    BadChecksum,

    /// <summary>A chunk that must not be skipped is not known.</summary>
    Unsupported,

    /// <summary>A block, or the whole, would be longer than the caller allows.</summary>
    TooLong,

    /// <summary>It ends within a chunk.</summary>
    Truncated,
}
