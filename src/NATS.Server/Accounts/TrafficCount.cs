using System.Runtime.InteropServices;

namespace NATS.Server.Accounts;

/// <summary>Messages and payload bytes in both directions, seen from the server.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TrafficCount(long InMessages, long InBytes, long OutMessages, long OutBytes)
{
    public static TrafficCount operator +(TrafficCount left, TrafficCount right) =>
        new(left.InMessages + right.InMessages, left.InBytes + right.InBytes, left.OutMessages + right.OutMessages, left.OutBytes + right.OutBytes);

    public static TrafficCount operator -(TrafficCount left, TrafficCount right) =>
        new(left.InMessages - right.InMessages, left.InBytes - right.InBytes, left.OutMessages - right.OutMessages, left.OutBytes - right.OutBytes);
}

/// <summary>Thread-safe. The traffic of an account that none of its connections counts any more: of those that have ended or moved on.</summary>
internal sealed class SettledTraffic
{
    private long _inMessages;
    private long _inBytes;
    private long _outMessages;
    private long _outBytes;

    public TrafficCount Sum =>
        new(Interlocked.Read(ref _inMessages), Interlocked.Read(ref _inBytes), Interlocked.Read(ref _outMessages), Interlocked.Read(ref _outBytes));

    public void Add(in TrafficCount count)
    {
        Interlocked.Add(ref _inMessages, count.InMessages);
        Interlocked.Add(ref _inBytes, count.InBytes);
        Interlocked.Add(ref _outMessages, count.OutMessages);
        Interlocked.Add(ref _outBytes, count.OutBytes);
    }
}
