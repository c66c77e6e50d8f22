namespace NATS.Server.Auth;

/// <summary>What becomes of a connection after a reload.</summary>
internal enum RecheckAction : byte
{
    /// <summary>It stays, with the new result's permissions; subscriptions that they deny end.</summary>
    Keep,

    /// <summary>Its user is gone: it is closed as if the client had left, without an error.</summary>
    Close,

    /// <summary>Its credentials are no longer good: <c>-ERR 'Authorization Violation'</c>.</summary>
    Violation,
}

/// <summary>The verdict on a connection after a reload. Immutable.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Result">What the session goes on with when it stays.</param>
internal readonly record struct RecheckResult(RecheckAction Action, AuthResult Result);
