namespace NATS.Server.Core.Compression;

/// <summary>How a stream is written.</summary>
public enum S2Framing
{
    S2,

    /// <summary>An S2 stream of blocks as they are: for peers who ask for the framing but not for the work.</summary>
    Uncompressed,

    /// <summary>A stream that any Snappy reader can read: answers of <c>$SYS</c> services are written so.</summary>
    Snappy,
}
