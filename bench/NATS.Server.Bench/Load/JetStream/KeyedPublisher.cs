using System.Net;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Publishes each message to the subject of a key, with the key's number in the payload. Loop thread only.</summary>
internal sealed unsafe class KeyedPublisher(EventLoop loop, IPEndPoint server, int payloadLength, int number, int window, KeySpace keys, int batch = 0)
    : AckedPublisher(loop, server, keys.Subject(0), payloadLength, number, window, batch)
{
    private const int OperationLength = 4; // "PUB "
    private readonly int _length = payloadLength;
    private readonly int _digits = OperationLength + keys.Subject(0).Length - KeySpace.Digits;
    private readonly int _payload = Frame.Publish($"{keys.Subject(0)} _INBOX.Fi0qTWqMvKxjzJtuvE{number:0000}.00000000", payloadLength, number).HeadLength;

    /// <summary>Take the keys one after the other instead of scattered.</summary>
    public bool IsSequential { get; init; }

    protected override void Stamp(byte* frames, int count, long firstSequence)
    {
        base.Stamp(frames, count, firstSequence);
        var hasTail = Payload.HasTail(_length);
        for (var i = 0; i < count; i++)
        {
            var key = IsSequential ? (int)((firstSequence + i) % keys.Count) : keys.Scattered(firstSequence + i);
            KeySpace.Write(frames + _digits, key);
            Payload.Stamp(frames + _payload, _length, hasTail, key);
            frames += FrameLength;
        }
    }
}
