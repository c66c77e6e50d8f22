namespace NATS.Server.OperatorMode;

/// <summary>Finds the tokens of accounts. Thread-safe.</summary>
internal interface IAccountResolver : IDisposable
{
    /// <summary>Whether <see cref="Store"/> refuses.</summary>
    bool IsReadOnly { get; }

    /// <summary>The token of an account. May take as long as the resolver's time-out.</summary>
    /// <param name="account">A valid public key.</param>
    /// <param name="cancellation">Nobody waits for it any more.</param>
    /// <exception cref="ResolverException">It cannot be found; the text says why.</exception>
    ValueTask<string> FetchAsync(string account, CancellationToken cancellation);

    /// <summary>Keeps a token, unless a newer one is there.</summary>
    /// <exception cref="ResolverException">It cannot be kept.</exception>
    void Store(string account, string token);
}

/// <summary>The resolver cannot do what it was asked for. The text is fit for logs.</summary>
internal sealed class ResolverException(string message) : Exception(message);
