using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>
/// The reply subjects that one connection may publish to because requests with them were delivered to it. Thread-safe: whoever delivers grants,
/// the connection's read loop uses; one lock, under which nothing else is called.
/// </summary>
/// <remarks>
/// A grant is the one allocation: its subject. Used up and expired grants are cleared away at the latest with every 4096th grant and with the first
/// grant of every second. At <see cref="MaxGrants"/> the older half is forgotten: those requests can no longer be answered.
/// </remarks>
internal sealed class ResponsePermissions(ResponsePermissionOptions options, TimeProvider time)
{
    public const int DefaultMaxMessages = 1;
    public const int MaxGrants = 256 * 1024;

    private const int GrantsBetweenPrunes = 4096;
    private static readonly TimeSpan PruneInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<byte[], Granted> _grants = new(BytesComparer.Instance);
    private int _grantsSincePrune;
    private long _lastPrune = time.GetTimestamp();

    public static TimeSpan DefaultExpires { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Grants in force, and those not cleared away yet.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _grants.Count;
        }
    }

    /// <summary>
    /// Notes that a request was delivered. Only for a reply subject that the connection may not publish to anyway.
    /// </summary>
    /// <param name="reply">Copied when it is new.</param>
    /// <remarks>
    /// A reply subject that is granted already is not granted anew. As in the reference, its delivery counts as one of the answers; when that was one
    /// too many, the grant starts over.
    /// </remarks>
    public void Grant(ReadOnlySpan<byte> reply)
    {
        lock (_gate)
        {
            if (UseLocked(reply)) return;
            _grants.GetAlternateLookup<ReadOnlySpan<byte>>()[reply] = new Granted(time.GetTimestamp(), 0);
            if (++_grantsSincePrune > GrantsBetweenPrunes || time.GetElapsedTime(_lastPrune) > PruneInterval) PruneLocked();
        }
    }

    /// <summary>Whether an answer may be published to the subject, which uses the grant once.</summary>
    public bool Use(ReadOnlySpan<byte> subject)
    {
        lock (_gate) return UseLocked(subject);
    }

    /// <summary>What is left of the grant for a subject, which stays as it is.</summary>
    /// <param name="subject">Of the answer.</param>
    /// <param name="grant">What may still be published there.</param>
    /// <returns>False when there is no grant in force.</returns>
    public bool TryPeek(ReadOnlySpan<byte> subject, out ResponseGrant grant)
    {
        lock (_gate)
        {
            grant = default;
            if (!_grants.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(subject, out Granted granted) || IsUsedUp(granted) || HasExpired(granted)) return false;
            int left = options.MaxMessages > 0 ? options.MaxMessages - granted.Used : -1;
            TimeSpan? ends = options.Expires > TimeSpan.Zero ? options.Expires - time.GetElapsedTime(granted.GrantedAt) : null;
            grant = new ResponseGrant(left, ends);
            return true;
        }
    }

    private bool UseLocked(ReadOnlySpan<byte> subject)
    {
        var bySpan = _grants.GetAlternateLookup<ReadOnlySpan<byte>>();
        ref Granted granted = ref CollectionsMarshal.GetValueRefOrNullRef(bySpan, subject);
        if (Unsafe.IsNullRef(ref granted)) return false;
        if (IsUsedUp(granted) || HasExpired(granted))
        {
            bySpan.Remove(subject);
            return false;
        }

        granted = granted with { Used = granted.Used + 1 };
        return true;
    }

    private void PruneLocked()
    {
        _grantsSincePrune = 0;
        _lastPrune = time.GetTimestamp();
        foreach ((byte[] subject, Granted granted) in _grants)
        {
            if (IsUsedUp(granted) || HasExpired(granted)) _grants.Remove(subject);
        }

        if (_grants.Count > MaxGrants) ForgetOlderHalf();
    }

    private void ForgetOlderHalf()
    {
        byte[][] byAge = [.. _grants.OrderBy(entry => entry.Value.GrantedAt).Select(entry => entry.Key)];
        foreach (byte[] subject in byAge.AsSpan(0, byAge.Length / 2)) _grants.Remove(subject);
    }

    private bool IsUsedUp(Granted granted) => options.MaxMessages > 0 && granted.Used >= options.MaxMessages;

    private bool HasExpired(Granted granted) => options.Expires > TimeSpan.Zero && time.GetElapsedTime(granted.GrantedAt) > options.Expires;

    private readonly record struct Granted(long GrantedAt, int Used);
}
