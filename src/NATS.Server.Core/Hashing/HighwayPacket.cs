using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Hashing;

/// <summary>What HighwayHash takes in at a time.</summary>
[InlineArray(Length)]
internal struct HighwayPacket
{
    public const int Length = 32;

    private byte _byte;
}
