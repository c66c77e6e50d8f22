using System.Net;
using System.Runtime.CompilerServices;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>A connection that collects what it writes and sends it with one call, the rest once the socket takes it. Loop thread only.</summary>
internal abstract unsafe class BufferedPeer(EventLoop loop, IPEndPoint server) : Peer(loop, server)
{
    /// <summary>More than any window of acknowledgements or requests needs.</summary>
    private const int Capacity = 4 * 1024 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);
    private byte[]? _large;
    private int _start;
    private int _end;

    private byte[] Buffer => _large ?? _buffer;

    public override void OnWritable() => Flush();

    /// <summary>Adds bytes that <see cref="Flush"/> sends.</summary>
    protected void Append(ReadOnlySpan<byte> bytes)
    {
        if (Buffer.Length - _end < bytes.Length) MakeRoom(bytes.Length);
        bytes.CopyTo(Buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    protected void Flush()
    {
        if (_start == _end) return;
        _start += TrySend((byte*)Unsafe.AsPointer(ref Buffer[0]) + _start, _end - _start);
        if (_start == _end) _start = _end = 0;
    }

    protected override void SendPing()
    {
        Append("PING\r\n"u8);
        Flush();
    }

    protected override void SendPong()
    {
        Append("PONG\r\n"u8);
        Flush();
    }

    private void MakeRoom(int length)
    {
        if (_end - _start + length > Capacity) throw new VerificationException("the server does not read commands");
        var held = Buffer.AsSpan(_start, _end - _start);
        if (held.Length + length > Buffer.Length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
            held.CopyTo(larger);
            _large = larger;
        }
        else
        {
            held.CopyTo(Buffer);
        }

        _end -= _start;
        _start = 0;
    }
}
