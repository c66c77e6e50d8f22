using System.Net;
using System.Runtime.CompilerServices;

namespace NATS.Server.Bench.Load;

/// <summary>
/// Publishes one frame over and over, in blocks of up to <see cref="BlockLength"/> bytes per send; only the sequence numbers are written per message.
/// Loop thread only.
/// </summary>
internal class Publisher : Peer
{
    private const int BlockLength = 64 * 1024;
    private readonly byte[] _block;
    private readonly byte[] _commands = GC.AllocateUninitializedArray<byte>(64, pinned: true);
    private readonly int _headLength;
    private readonly int _payloadLength;
    private readonly bool _hasTail;
    private byte[] _sending = [];
    private int _sendingStart;
    private int _sendingEnd;
    private bool _pingOwed;
    private bool _pongOwed;

    /// <param name="maximumBatch">Messages per block at most, whatever their size.</param>
    public unsafe Publisher(EventLoop loop, IPEndPoint server, Frame frame, int maximumBatch, string user = "")
        : base(loop, server, user)
    {
        FrameLength = frame.Length;
        _headLength = frame.HeadLength;
        _payloadLength = frame.PayloadLength;
        _hasTail = Payload.HasTail(_payloadLength);
        Batch = Math.Clamp(BlockLength / FrameLength, 1, Math.Max(1, maximumBatch));
        _block = GC.AllocateUninitializedArray<byte>(Batch * FrameLength, pinned: true);
        for (var i = 0; i < Batch; i++)
        {
            new ReadOnlySpan<byte>(frame.Bytes, FrameLength).CopyTo(_block.AsSpan(i * FrameLength));
        }
    }

    /// <summary>Messages in one full block.</summary>
    public int Batch { get; }

    /// <summary>Bytes from one message to the next.</summary>
    protected int FrameLength { get; }

    /// <summary>Messages rendered; each of them will be sent completely.</summary>
    public long Published { get; private set; }

    /// <summary>What the payload of the first message says.</summary>
    public long FirstSequence { get; init; }

    /// <summary>The socket is full; the loop tells when that changes.</summary>
    public bool IsBlocked { get; private set; }

    public bool IsIdle => _sendingStart == _sendingEnd && !_pingOwed && !_pongOwed;

    /// <summary>Sends one block if <paramref name="allowance"/> messages permit. Returns whether another call may send more at once.</summary>
    public bool Pump(long allowance)
    {
        if (IsBlocked)
        {
            return false;
        }

        if (_sendingStart == _sendingEnd)
        {
            if (_pingOwed || _pongOwed)
            {
                RenderCommands();
            }
            else if (allowance >= Batch)
            {
                RenderBlock();
            }
            else
            {
                return false;
            }
        }

        unsafe
        {
            var data = (byte*)Unsafe.AsPointer(ref _sending[0]);
            _sendingStart += TrySend(data + _sendingStart, _sendingEnd - _sendingStart);
        }

        IsBlocked = _sendingStart < _sendingEnd;
        return !IsBlocked;
    }

    public override void OnWritable()
    {
        IsBlocked = false;
        Pump(allowance: 0);
    }

    /// <summary>Goes out after the block that is being sent.</summary>
    protected override void SendPing()
    {
        _pingOwed = true;
        Pump(allowance: 0);
    }

    protected override void SendPong() => _pongOwed = true;

    protected override unsafe int Consume(byte* data, int length)
    {
        var offset = 0;
        while (true)
        {
            var taken = ConsumeControl(data + offset, length - offset, deliveryLength: 1);
            if (taken == 0)
            {
                return offset;
            }

            offset += taken;
        }
    }

    /// <summary>Writes what differs between messages into <paramref name="count"/> frames of <paramref name="frames"/>.</summary>
    protected virtual unsafe void Stamp(byte* frames, int count, long firstSequence)
    {
        var payload = frames + _headLength;
        for (var i = 0; i < count; i++)
        {
            Payload.Stamp(payload, _payloadLength, _hasTail, FirstSequence + firstSequence + i);
            payload += FrameLength;
        }
    }

    private unsafe void RenderBlock()
    {
        Stamp((byte*)Unsafe.AsPointer(ref _block[0]), Batch, Published);
        Published += Batch;
        _sending = _block;
        _sendingStart = 0;
        _sendingEnd = _block.Length;
    }

    private void RenderCommands()
    {
        _sending = _commands;
        _sendingStart = 0;
        _sendingEnd = 0;
        Append(ref _pongOwed, "PONG\r\n"u8);
        Append(ref _pingOwed, "PING\r\n"u8);
    }

    private void Append(ref bool owed, ReadOnlySpan<byte> command)
    {
        if (owed)
        {
            command.CopyTo(_commands.AsSpan(_sendingEnd));
            _sendingEnd += command.Length;
            owed = false;
        }
    }
}
