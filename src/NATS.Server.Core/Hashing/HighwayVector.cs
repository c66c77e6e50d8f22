using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NATS.Server.Core.Hashing;

/// <summary>Pure. HighwayHash four lanes at a time. To be called only where <see cref="IsSupported"/> says so.</summary>
/// <remarks>Its entries are not inlined: within a larger method the rows do not stay in registers.</remarks>
internal static class HighwayVector
{
    private const int Row = 4;

    public static bool IsSupported => Avx2.IsSupported;

    private static Vector256<byte> MergeOrder
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create(
            3, 12, 2, 5, 14, 1, 15, 0, 11, 4, 10, 13, 9, 6, 8, 7,
            3, 12, 2, 5, 14, 1, 15, 0, 11, 4, 10, 13, 9, 6, 8, (byte)7);
    }

    /// <summary>Takes in whole packets.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="packets">A multiple of <see cref="HighwayPacket.Length"/> bytes.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Update(ref HighwayState state, ReadOnlySpan<byte> packets)
    {
        Rows rows = Rows.Load(in state);
        rows.Update(packets);
        rows.Store(ref state);
    }

    /// <summary>Takes in what is left and makes the hash.</summary>
    /// <param name="state">Not changed.</param>
    /// <param name="rest">Less than a packet.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Finish(in HighwayState state, ReadOnlySpan<byte> rest)
    {
        Rows rows = Rows.Load(in state);
        if (!rest.IsEmpty) rows.UpdateRest(rest);
        return rows.Finish();
    }

    /// <summary>The hash of bytes that lie together.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Hash(in HighwayState initial, ReadOnlySpan<byte> data)
    {
        Rows rows = Rows.Load(in initial);
        int whole = data.Length & -HighwayPacket.Length;
        rows.Update(data[..whole]);
        if (whole < data.Length) rows.UpdateRest(data[whole..]);
        return rows.Finish();
    }

    /// <summary>The hash of half a packet and what follows it.</summary>
    /// <param name="initial">The state before the first byte.</param>
    /// <param name="half">Half a packet.</param>
    /// <param name="data">What follows; at least half a packet.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Hash(in HighwayState initial, Vector128<byte> half, ReadOnlySpan<byte> data)
    {
        Rows rows = Rows.Load(in initial);
        rows.Update(Vector256.Create(half, Vector128.Create(data)).AsUInt64());
        data = data[Vector128<byte>.Count..];
        int whole = data.Length & -HighwayPacket.Length;
        rows.Update(data[..whole]);
        if (whole < data.Length) rows.UpdateRest(data[whole..]);
        return rows.Finish();
    }

    /// <summary>The hash of a short and a long piece.</summary>
    /// <param name="initial">The state before the first byte.</param>
    /// <param name="head">A copy of the first pieces, with room behind it up to the next multiple of <see cref="HighwayPacket.Length"/>, which is written to.</param>
    /// <param name="headLength">How long the first pieces are.</param>
    /// <param name="data">What follows.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Hash(in HighwayState initial, Span<byte> head, int headLength, ReadOnlySpan<byte> data)
    {
        int moved = Math.Min(-headLength & (HighwayPacket.Length - 1), data.Length);
        data[..moved].CopyTo(head[headLength..]);
        data = data[moved..];
        if (data.IsEmpty) return Hash(in initial, head[..(headLength + moved)]);
        HighwayState state = initial;
        Update(ref state, head[..(headLength + moved)]);
        return Hash(in state, data);
    }

    // Lives in registers: everything is inlined into the callers above.
    private ref struct Rows
    {
        private Vector256<ulong> _v0;
        private Vector256<ulong> _v1;
        private Vector256<ulong> _mul0;
        private Vector256<ulong> _mul1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Rows Load(in HighwayState state)
        {
            ref ulong lanes = ref Unsafe.As<HighwayState, ulong>(ref Unsafe.AsRef(in state));
            return new Rows
            {
                _v0 = Vector256.LoadUnsafe(ref lanes),
                _v1 = Vector256.LoadUnsafe(ref lanes, Row),
                _mul0 = Vector256.LoadUnsafe(ref lanes, 2 * Row),
                _mul1 = Vector256.LoadUnsafe(ref lanes, 3 * Row),
            };
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(ref HighwayState state)
        {
            ref ulong lanes = ref Unsafe.As<HighwayState, ulong>(ref state);
            _v0.StoreUnsafe(ref lanes);
            _v1.StoreUnsafe(ref lanes, Row);
            _mul0.StoreUnsafe(ref lanes, 2 * Row);
            _mul1.StoreUnsafe(ref lanes, 3 * Row);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ReadOnlySpan<byte> packets)
        {
            // Locals stay in registers from packet to packet; fields of a structure that is written to in a loop go through the stack each time.
            Vector256<ulong> v0 = _v0, v1 = _v1, mul0 = _mul0, mul1 = _mul1;
            ref byte at = ref MemoryMarshal.GetReference(packets);
            for (int i = 0; i < packets.Length; i += HighwayPacket.Length)
            {
                v1 += mul0 + Vector256.LoadUnsafe(ref at, (nuint)i).AsUInt64();
                mul0 ^= Avx2.Multiply(v1.AsUInt32(), (v0 >>> 32).AsUInt32());
                v0 += mul1;
                mul1 ^= Avx2.Multiply(v0.AsUInt32(), (v1 >>> 32).AsUInt32());
                v0 += Avx2.Shuffle(v1.AsByte(), MergeOrder).AsUInt64();
                v1 += Avx2.Shuffle(v0.AsByte(), MergeOrder).AsUInt64();
            }

            (_v0, _v1, _mul0, _mul1) = (v0, v1, mul0, mul1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(Vector256<ulong> packet)
        {
            _v1 += _mul0 + packet;
            _mul0 ^= Avx2.Multiply(_v1.AsUInt32(), (_v0 >>> 32).AsUInt32());
            _v0 += _mul1;
            _mul1 ^= Avx2.Multiply(_v0.AsUInt32(), (_v1 >>> 32).AsUInt32());
            _v0 += Avx2.Shuffle(_v1.AsByte(), MergeOrder).AsUInt64();
            _v1 += Avx2.Shuffle(_v0.AsByte(), MergeOrder).AsUInt64();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public unsafe void UpdateRest(ReadOnlySpan<byte> rest)
        {
            int length = rest.Length;
            _v0 += Vector256.Create((uint)length).AsUInt64();
            Vector256<uint> turned = _v1.AsUInt32();
            _v1 = (Vector256.ShiftLeft(turned, length) | Vector256.ShiftRightLogical(turned, 32 - length)).AsUInt64();

            // Whole words stay where they are. The last bytes go to the end, or, when half the packet is free, to its middle.
            Vector256<int> isWhole = Vector256.GreaterThan(Vector256.Create(length >> 2), Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7));
            Vector256<uint> packet;
            fixed (byte* at = rest)
            {
                // Words that the mask leaves out are not touched in memory.
                packet = Avx2.MaskLoad((int*)at, isWhole).AsUInt32();
                if (length >= 16)
                {
                    packet |= Vector256.Create(Vector128<uint>.Zero, Vector128.Create(0, 0, 0, *(uint*)(at + length - 4)));
                }
                else if ((length & 3) != 0)
                {
                    int odd = length & 3;
                    byte* tail = at + (length - odd);
                    packet |= Vector256.Create(Vector128<uint>.Zero, Vector128.CreateScalar(tail[0] | ((uint)tail[odd >> 1] << 8) | ((uint)tail[odd - 1] << 16)));
                }
            }

            Update(packet.AsUInt64());
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong Finish()
        {
            Vector256<int> swapped = Vector256.Create(5, 4, 7, 6, 1, 0, 3, 2);
            for (int round = 0; round < 4; round++)
            {
                Update(Avx2.PermuteVar8x32(_v0.AsInt32(), swapped).AsUInt64());
            }

            return (_v0 + _v1 + _mul0 + _mul1).ToScalar();
        }
    }
}
