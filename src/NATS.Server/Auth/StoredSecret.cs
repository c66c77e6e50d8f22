using System.Security.Cryptography;
using System.Text;
using NATS.Server.Core.Security;

namespace NATS.Server.Auth;

/// <summary>A configured password or token: plain text or a bcrypt hash. Immutable, thread-safe. Never printed.</summary>
internal sealed class StoredSecret
{
    private readonly string _stored;
    private readonly byte[] _plain;

    public StoredSecret(string stored)
    {
        _stored = stored;
        IsHashed = Bcrypt.IsHash(stored);
        _plain = IsHashed ? [] : Encoding.UTF8.GetBytes(stored);
    }

    /// <summary>Whether <see cref="Matches"/> takes the time of a bcrypt verification.</summary>
    public bool IsHashed { get; }

    /// <summary>The hash; the empty string for plain text.</summary>
    public string Hash => IsHashed ? _stored : "";

    /// <summary>Whether this is what a client sent. Plain texts of equal length are compared in constant time.</summary>
    public bool Matches(string sent)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(sent);
        return IsHashed ? Bcrypt.Verify(bytes, _stored) : CryptographicOperations.FixedTimeEquals(bytes, _plain);
    }

    /// <summary>Whether both are the same text, so that what one verified the other would.</summary>
    public bool IsSameAs(StoredSecret other) => _stored == other._stored;

    public override string ToString() => IsHashed ? "bcrypt" : "plain";
}
