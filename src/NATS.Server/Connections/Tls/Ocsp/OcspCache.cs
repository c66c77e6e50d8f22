using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>
/// Verified answers, in memory only: the most recently used of a bounded number of certificates. Thread-safe. A revocation stays after its time until
/// there is a newer answer, so that an authority that cannot be reached does not make it forgotten.
/// </summary>
internal sealed class OcspCache(int capacity = OcspCache.DefaultCapacity)
{
    /// <summary>Answers are a few dozen bytes.</summary>
    public const int DefaultCapacity = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, OcspAnswer Answer)>> _answers = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, OcspAnswer Answer)> _order = new();

    private long _hits;
    private long _misses;

    /// <summary>What is remembered, and how often it was of use.</summary>
    public OcspCacheState State
    {
        get
        {
            lock (_lock)
            {
                int revoked = _order.Count(static entry => entry.Answer.Status == OcspStatus.Revoked);
                int good = _order.Count(static entry => entry.Answer.Status == OcspStatus.Good);
                return new OcspCacheState(_hits, _misses, _answers.Count, revoked, good);
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_lock) return _answers.Count;
        }
    }

    /// <summary>Both certificates: another issuer of the same name says nothing of this one.</summary>
    public static string KeyOf(X509Certificate2 certificate, X509Certificate2 issuer) =>
        Convert.ToBase64String(SHA256.HashData(certificate.RawDataMemory.Span)) + Convert.ToBase64String(SHA256.HashData(issuer.RawDataMemory.Span));

    public OcspAnswer? Find(string key)
    {
        lock (_lock)
        {
            if (!_answers.TryGetValue(key, out var node))
            {
                _misses++;
                return null;
            }

            _hits++;
            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.Answer;
        }
    }

    public void Put(string key, OcspAnswer answer)
    {
        lock (_lock)
        {
            if (_answers.TryGetValue(key, out var node)) _order.Remove(node);
            _answers[key] = _order.AddFirst((key, answer));
            if (_answers.Count <= capacity) return;
            _answers.Remove(_order.Last!.Value.Key);
            _order.RemoveLast();
        }
    }

    /// <summary>Forgets an answer whose time is over, unless it is a revocation.</summary>
    public void Expire(string key)
    {
        lock (_lock)
        {
            if (!_answers.TryGetValue(key, out var node) || node.Value.Answer.Status == OcspStatus.Revoked) return;
            _answers.Remove(key);
            _order.Remove(node);
        }
    }
}

/// <summary>An <see cref="OcspCache"/> at one moment. Immutable.</summary>
/// <param name="Hits">Questions that it had an answer to.</param>
/// <param name="Misses">Questions that it had none to.</param>
/// <param name="Responses">Answers in it.</param>
/// <param name="Revoked">Those that say that a certificate is void.</param>
/// <param name="Good">Those that say that it is not.</param>
internal sealed record OcspCacheState(long Hits, long Misses, int Responses, int Revoked, int Good);
