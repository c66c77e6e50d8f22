namespace NATS.Server.Core.Compression;

/// <summary>How much work an encoder does. Readers cannot tell.</summary>
public enum S2Level
{
    /// <summary>For data that is compressed once and read soon: blocks, snapshots, near routes.</summary>
    Fast,

    /// <summary>A third as fast, and up to a sixth smaller: for slow links.</summary>
    Better,
}
