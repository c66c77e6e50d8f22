using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Hashing;

/// <summary>The state of HighwayHash: four rows (v0, v1, mul0, mul1) of four lanes, in this order.</summary>
[InlineArray(Lanes)]
internal struct HighwayState
{
    public const int Lanes = 16;

    private ulong _lane;
}
