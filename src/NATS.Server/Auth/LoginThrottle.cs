using System.Net;
using System.Net.Sockets;

namespace NATS.Server.Auth;

/// <summary>
/// Slows down guessing: an address may fail ten times a second, after that its attempts have to wait, at most <see cref="MaxDelay"/>. Nobody is locked out,
/// since an address can be many clients. Thread-safe; one lock, under which nothing else is called.
/// </summary>
/// <remarks>
/// An IPv6 address counts as its /64 network. At <see cref="MaxSources"/> addresses the one that has the least to wait for is forgotten.
/// </remarks>
internal sealed class LoginThrottle(TimeProvider time)
{
    public const int FailuresPerSecond = 10;
    public const int MaxSources = 4096;

    private readonly Lock _gate = new();
    private readonly long _ticksPerFailure = time.TimestampFrequency / FailuresPerSecond;

    // For each address the moment from which on its failures are forgotten: every failure moves it by a tenth of a second.
    private readonly Dictionary<IPAddress, long> _clearAt = [];

    public static TimeSpan MaxDelay { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Addresses with failures that are not forgotten yet, and some that were.</summary>
    public int Sources
    {
        get
        {
            lock (_gate) return _clearAt.Count;
        }
    }

    /// <summary>How long an attempt has to wait before it is looked at; zero for those that behave.</summary>
    /// <param name="source">Null, a connection inside the process, never waits.</param>
    public TimeSpan DelayFor(IPAddress? source)
    {
        if (source is null) return TimeSpan.Zero;
        lock (_gate)
        {
            if (!_clearAt.TryGetValue(NetworkOf(source), out long clearAt)) return TimeSpan.Zero;
            long excess = clearAt - time.GetTimestamp() - time.TimestampFrequency;
            if (excess <= 0) return TimeSpan.Zero;
            TimeSpan delay = TimeSpan.FromSeconds((double)excess / time.TimestampFrequency);
            return delay < MaxDelay ? delay : MaxDelay;
        }
    }

    /// <summary>Notes that an attempt failed.</summary>
    public void OnFailure(IPAddress? source)
    {
        if (source is null) return;
        IPAddress network = NetworkOf(source);
        lock (_gate)
        {
            long now = time.GetTimestamp();
            if (!_clearAt.TryGetValue(network, out long clearAt) && _clearAt.Count >= MaxSources) MakeRoom(now);

            // What exceeds the longest delay is not remembered: an attack must not be felt for longer than that after it ends.
            long latest = now + time.TimestampFrequency + (long)(MaxDelay.TotalSeconds * time.TimestampFrequency);
            _clearAt[network] = Math.Min(Math.Max(clearAt, now) + _ticksPerFailure, latest);
        }
    }

    private void MakeRoom(long now)
    {
        foreach ((IPAddress network, long clearAt) in _clearAt)
        {
            if (clearAt <= now) _clearAt.Remove(network);
        }

        if (_clearAt.Count >= MaxSources) _clearAt.Remove(_clearAt.MinBy(entry => entry.Value).Key);
    }

    private static IPAddress NetworkOf(IPAddress address)
    {
        const int networkBytes = 8;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[networkBytes..].Clear();
        return new IPAddress(bytes);
    }
}
