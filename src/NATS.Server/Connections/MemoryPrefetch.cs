using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace NATS.Server.Connections;

/// <summary>Hints to the processor's caches. They read nothing and cannot fault, so that an object which the collector moves meanwhile does no harm.</summary>
internal static unsafe class MemoryPrefetch
{
    /// <summary>The first cache line of an object.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Object(object target)
    {
        if (Sse.IsSupported) Sse.Prefetch0((void*)Unsafe.As<object, nint>(ref target));
    }

    /// <summary>The cache lines at and after a place in an array.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bytes(byte[] array, int offset)
    {
        if (!Sse.IsSupported) return;
        byte* start = (byte*)Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), offset));
        Sse.Prefetch0(start);
        Sse.Prefetch0(start + 64);
        Sse.Prefetch0(start + 128);
    }
}
