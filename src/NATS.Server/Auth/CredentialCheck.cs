using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>
/// One way to authenticate. Immutable, thread-safe. Of an <see cref="Authenticator"/>'s ordered checks the first that applies to a CONNECT decides;
/// a new kind of credential is one more class in that order.
/// </summary>
internal abstract class CredentialCheck
{
    /// <summary>Whether this check is the one for such a CONNECT.</summary>
    public abstract bool AppliesTo(ConnectOptions options, in ConnectionFacts facts);

    /// <summary>What <see cref="CheckAsync"/> costs, which says where it may run.</summary>
    public abstract CheckCost CostOf(ConnectOptions options);

    /// <summary>Decides. Completes at once unless the cost is <see cref="CheckCost.Exchange"/> or <see cref="CheckCost.Wait"/>.</summary>
    /// <param name="options">What the client said.</param>
    /// <param name="facts">What else is known of the connection.</param>
    /// <param name="earlier">What was found for this same CONNECT under an earlier configuration; null at login. What it verified need not be verified
    /// again.</param>
    /// <param name="cancellation">The time to authenticate is over.</param>
    public abstract ValueTask<AuthResult> CheckAsync(
        ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation);
}

/// <summary>A <see cref="CredentialCheck"/> that never waits.</summary>
internal abstract class ImmediateCheck : CredentialCheck
{
    /// <inheritdoc cref="CredentialCheck.CheckAsync"/>
    public abstract AuthResult Check(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier);

    public sealed override ValueTask<AuthResult> CheckAsync(
        ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation) => new(Check(options, facts, earlier));
}

/// <summary>What a check costs, in rising order.</summary>
internal enum CheckCost : byte
{
    /// <summary>Look-ups and comparisons: may run on an event loop.</summary>
    None,

    /// <summary>The tenth of a millisecond of a signature.</summary>
    Signature,

    /// <summary>A few signatures, and perhaps a wait for somebody else during which no thread is held.</summary>
    Exchange,

    /// <summary>The time of a password hash, which is meant to be long.</summary>
    Hash,

    /// <summary>An embedder's code, which may block.</summary>
    Wait,
}
