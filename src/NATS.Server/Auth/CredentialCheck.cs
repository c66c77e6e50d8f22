using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>
/// One way to authenticate. Immutable, thread-safe. Of an <see cref="Authenticator"/>'s ordered checks the first that applies to a CONNECT decides;
/// a new kind of credential is one more class in that order.
/// </summary>
internal abstract class CredentialCheck
{
    /// <summary>Whether this check is the one for such a CONNECT.</summary>
    public abstract bool AppliesTo(ConnectOptions options);

    /// <summary>Whether <see cref="Check"/> may take long, so that it must not run on an event loop.</summary>
    public abstract bool IsSlow { get; }

    /// <summary>Decides.</summary>
    /// <param name="options">What the client said.</param>
    /// <param name="facts">What else is known of the connection.</param>
    /// <param name="verified">A secret that this CONNECT has been found to match before; null when there is none.</param>
    public abstract AuthResult Check(ConnectOptions options, in ConnectionFacts facts, StoredSecret? verified);
}
