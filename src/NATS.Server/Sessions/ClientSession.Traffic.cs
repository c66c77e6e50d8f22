using NATS.Server.Accounts;

namespace NATS.Server.Sessions;

/// <summary>What the connection has sent and got. Any thread.</summary>
internal sealed partial class ClientSession
{
    private TrafficMark? _trafficMark;

    /// <summary>From where the connection counts for its account; null when it has ended and counts for none.</summary>
    public TrafficMark? TrafficMark => Volatile.Read(ref _trafficMark);

    /// <summary>Everything since the connection began.</summary>
    public TrafficCount Traffic => new(
        Volatile.Read(ref InMessages),
        Volatile.Read(ref InBytes),
        Volatile.Read(ref _outbound.Messages),
        Volatile.Read(ref _outbound.PayloadBytes));

    /// <summary>For <see cref="TrafficLedger.Settle"/>, under its lock.</summary>
    public void SettleTraffic(Account? next)
    {
        if (_trafficMark is not { } mark) return;
        TrafficCount now = Traffic;
        mark.Account.Settled.Add(now - mark.Count);
        Volatile.Write(ref _trafficMark, next is null ? null : new TrafficMark(next, now));
    }
}
