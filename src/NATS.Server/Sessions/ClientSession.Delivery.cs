using System.Runtime.CompilerServices;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Sessions;

/// <summary>What deliveries to this client, and by this client, need of the session.</summary>
internal sealed partial class ClientSession
{
    private readonly long _maxPending;
    private OutboundBuffer? _stallTarget;
    private int _slowConsumer;

    /// <summary>A target above its stall mark: with <c>no_fast_producer_stall</c> such a target gets nothing from clients. Any thread.</summary>
    public bool AcceptsWhileBehind(OutboundBuffer target, Subscriber producer) =>
        !_server.Options.NoFastProducerStall || target.Pending <= _maxPending / 4 * 3 || producer is not ClientSubscriber;

    /// <summary>This client publishes to one that lags behind: it will wait when its batch is done. Read loop only.</summary>
    public void StallBehind(OutboundBuffer target)
    {
        if (!_server.Options.NoFastProducerStall) _stallTarget = target;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StallIfStillBehind(LoopContext loop)
    {
        OutboundBuffer target = _stallTarget!;
        _stallTarget = null;
        loop.FlushAll();
        if (target.Pending <= OutboundBuffer.StallEndPending) return;
        if (_connection.StallFor(target, ClientSubscriber.StallTime(target, _maxPending))) _server.Counters.CountStall();
    }

    /// <summary>A subscription reached its maximum. Any thread.</summary>
    public void EndSubscription(Subscription subscription)
    {
        if (LogsDebug) LogDebug($"Auto-unsubscribe limit of {subscription.Max} reached for sid '{System.Text.Encoding.UTF8.GetString(subscription.Sid)}'");
        Unsubscribe(subscription);
    }

    /// <summary>The client does not read fast enough. Any thread; counted and logged once.</summary>
    public void CloseSlowConsumer(string what, ClosedState reason, CloseDetail detail)
    {
        if (Interlocked.Exchange(ref _slowConsumer, 1) != 0) return;
        _server.Counters.CountSlowConsumer();
        _account.CountSlowConsumer();
        LogNotice($"Slow Consumer Detected: {what}");
        _connection.Close(reason, detail);
    }
}
