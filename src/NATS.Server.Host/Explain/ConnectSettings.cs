namespace NATS.Server.Host.Explain;

/// <summary>Whom to connect to, and how. Immutable.</summary>
internal sealed record ConnectSettings
{
    /// <summary>Tried one after the other until one can be reached; at least one.</summary>
    public required IReadOnlyList<AskedServer> Targets { get; init; }

    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public string? AuthorityFile { get; init; }

    /// <summary>The server waits for the TLS handshake before it says anything.</summary>
    public bool IsTlsFirst { get; init; }

    /// <summary>What answers are sent to begins so.</summary>
    public required string InboxPrefix { get; init; }

    /// <summary>Whether nothing may be said in clear: who names certificates wants them to be used.</summary>
    public bool WantsTls(ServerAddress address) => address.IsTls || IsTlsFirst || CertificateFile is not null || AuthorityFile is not null;
}

/// <summary>A server and who one is there. Immutable.</summary>
internal sealed record AskedServer(ServerAddress Address, LoginSource Login);
