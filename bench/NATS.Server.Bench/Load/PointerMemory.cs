using System.Buffers;

namespace NATS.Server.Bench.Load;

/// <summary>Pinned bytes as the class library wants to see them. Loop thread only.</summary>
internal sealed unsafe class PointerMemory : MemoryManager<byte>
{
    private byte* _start;
    private int _length;

    public void Set(byte* start, int length)
    {
        _start = start;
        _length = length;
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
