using System.Diagnostics.CodeAnalysis;
using NATS.Server.Accounts;

namespace NATS.Server.Sessions;

/// <summary>The subscriptions of one connection by sid. Thread-safe: the read loop adds, any deliverer removes what reached its maximum, monitoring looks.</summary>
internal sealed class SubscriptionTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], Subscription> _bySid = new(SidComparer.Instance);

    public int Count
    {
        get
        {
            lock (_lock) return _bySid.Count;
        }
    }

    /// <summary>False when the sid is taken: the first subscription stays.</summary>
    public bool TryAdd(byte[] sid, Subscription subscription)
    {
        lock (_lock) return _bySid.TryAdd(sid, subscription);
    }

    public bool TryGet(ReadOnlySpan<byte> sid, [NotNullWhen(true)] out Subscription? subscription)
    {
        lock (_lock) return _bySid.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(sid, out subscription);
    }

    /// <summary>Removes a subscription unless its sid has another owner by now.</summary>
    public bool Remove(Subscription subscription)
    {
        lock (_lock)
        {
            Dictionary<byte[], Subscription>.AlternateLookup<ReadOnlySpan<byte>> lookup = _bySid.GetAlternateLookup<ReadOnlySpan<byte>>();
            return lookup.TryGetValue(subscription.Sid, out Subscription? found) && ReferenceEquals(found, subscription) && lookup.Remove(subscription.Sid);
        }
    }

    /// <summary>All subscriptions at this moment.</summary>
    public Subscription[] Snapshot()
    {
        lock (_lock) return [.. _bySid.Values];
    }

    /// <summary>Empties the table and returns what was in it.</summary>
    public Subscription[] TakeAll()
    {
        lock (_lock)
        {
            Subscription[] all = [.. _bySid.Values];
            _bySid.Clear();
            return all;
        }
    }

    private sealed class SidComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly SidComparer Instance = new();

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] sid) => GetHashCode(sid.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> sid)
        {
            var hash = default(HashCode);
            hash.AddBytes(sid);
            return hash.ToHashCode();
        }
    }
}
