using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.Streaming;

/// <summary>Owned by the thread that has the context: a read batch of an event loop, or of a thread that rented a context, as JetStream sees it.</summary>
internal sealed class LoopBatch : MessageBatch, IMessageSender, ILoopEnd
{
    // So often work at the end of a batch may cause more of it; then the rest is left to the next batch.
    private const int MaximumRounds = 64;
    private readonly LoopContext _loop;
    private List<IBatchEnd> _ends = [];
    private List<IBatchEnd> _ending = [];
    private Subscriber? _producer;
    private byte[] _serverName = [];

    private LoopBatch(LoopContext loop)
    {
        _loop = loop;
        loop.End = this;
    }

    public LoopContext Loop => _loop;

    public override long NowNs => (_loop.UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;

    public bool IsImported => _loop.CarriesService;

    /// <summary>The batch of a context.</summary>
    public static LoopBatch Of(LoopContext loop) => (LoopBatch?)loop.End ?? new LoopBatch(loop);

    /// <summary>Says who publishes the message that is about to be received.</summary>
    /// <param name="producer">Who publishes it.</param>
    /// <param name="serverName">The server's name as a JSON string.</param>
    public LoopBatch From(Subscriber producer, byte[] serverName)
    {
        (_producer, _serverName) = (producer, serverName);
        return this;
    }

    public override void AtEnd(IBatchEnd end) => _ends.Add(end);

    public bool HasEnds => _ends.Count > 0;

    public void OnFlush()
    {
        for (int round = 0; round < MaximumRounds && _ends.Count > 0; round++)
        {
            (_ends, _ending) = (_ending, _ends);
            Number++;
            foreach (IBatchEnd end in _ending) end.OnBatchEnd(this);
            _ending.Clear();
        }
    }

    public byte[] Describe(in InboundMessage message)
    {
        if (IsImported)
        {
            MessageHeaders.TryGet(message.Headers, "Nats-Request-Info"u8, out ReadOnlySpan<byte> info);
            return info.ToArray();
        }

        if (_producer?.Identity is not { } identity) return [];
        var json = new System.Buffers.ArrayBufferWriter<byte>(256);
        RequestInfo.WriteJson(new RequestOrigin(identity, _producer.RoundTripNs, IsDetailed: true, NamesServer: true, Service: null), _serverName, default, json);
        return json.WrittenSpan.ToArray();
    }
}
