namespace NATS.Server.Core.Compression;

/// <summary>Numbers of the S2 format, which is Snappy with larger blocks and with copies that repeat the last offset.</summary>
internal static class S2Format
{
    // The two low bits of a tag.
    public const int Literal = 0;
    public const int NearCopy = 1;
    public const int Copy = 2;
    public const int FarCopy = 3;

    /// <summary>Near copies reach below this offset.</summary>
    public const int NearLimit = 1 << 11;

    /// <summary>Copies with two bytes of offset reach below this.</summary>
    public const int CopyLimit = 1 << 16;

    // Chunks of a stream: type 1, length of the body 3, then the body.
    public const int ChunkHeaderLength = 4;
    public const int MaximumChunkLength = (1 << 24) - 1;
    public const byte CompressedChunk = 0x00;
    public const byte PlainChunk = 0x01;
    public const byte FirstSkippableChunk = 0x80;
    public const byte IdentifierChunk = 0xFF;
    public const int ChecksumLength = 4;

    /// <summary>Most bytes in a block of an S2 stream.</summary>
    public const int MaximumBlockLength = 4 << 20;

    /// <summary>Most bytes in a block of a Snappy stream.</summary>
    public const int MaximumSnappyBlockLength = 64 << 10;

    public static ReadOnlySpan<byte> Identifier => "S2sTwO"u8;

    public static ReadOnlySpan<byte> SnappyIdentifier => "sNaPpY"u8;
}
