namespace NATS.Server.Host.Explain;

/// <summary>A connection to a server that can turn to TLS. Used by one conversation.</summary>
internal interface IServerWire : IAsyncDisposable
{
    /// <summary>What is written and read: another one after <see cref="SecureAsync"/>.</summary>
    Stream Stream { get; }

    /// <summary>Whether it has a certificate to present over TLS.</summary>
    bool HasCertificate { get; }

    /// <summary>Waits until the server says something, without reading it.</summary>
    /// <returns>False when it has said nothing for so long.</returns>
    Task<bool> HearsAsync(TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Performs a TLS handshake.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">One does not trust the other.</exception>
    Task SecureAsync(CancellationToken cancellationToken);
}
