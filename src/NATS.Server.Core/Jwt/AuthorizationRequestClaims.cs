namespace NATS.Server.Core.Jwt;

/// <summary>What a server tells an authorization service about a client that wants in. Immutable.</summary>
public sealed record AuthorizationRequestClaims : ClaimSet
{
    public override ClaimKind Kind => ClaimKind.AuthorizationRequest;

    public RequestingServer Server { get; init; } = new();

    /// <summary>The key that the answered user token must be about.</summary>
    public string UserNkey { get; init; } = "";

    public RequestingClient Client { get; init; } = new();

    public RequestedConnect Connect { get; init; } = new();

    public RequestingTls? Tls { get; init; }

    public string RequestNonce { get; init; } = "";
}

/// <summary>The server that asks.</summary>
public sealed record RequestingServer
{
    public string Name { get; init; } = "";

    public string Host { get; init; } = "";

    public string Id { get; init; } = "";

    public string Version { get; init; } = "";

    public string Cluster { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The server's curve key, when the request is encrypted.</summary>
    public string XKey { get; init; } = "";
}

/// <summary>The client that wants in.</summary>
public sealed record RequestingClient
{
    public string Host { get; init; } = "";

    public ulong Id { get; init; }

    public string User { get; init; } = "";

    public string Name { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string NameTag { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Type { get; init; } = "";

    public string MqttId { get; init; } = "";

    public string Nonce { get; init; } = "";
}

/// <summary>What the client's CONNECT said. Holds secrets.</summary>
public sealed record RequestedConnect
{
    public string Jwt { get; init; } = "";

    public string Nkey { get; init; } = "";

    public string SignedNonce { get; init; } = "";

    public string Token { get; init; } = "";

    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    public string Name { get; init; } = "";

    public string Language { get; init; } = "";

    public string Version { get; init; } = "";

    public long Protocol { get; init; }

    public override string ToString() => "";
}

/// <summary>The client's TLS connection.</summary>
public sealed record RequestingTls
{
    public string Version { get; init; } = "";

    public string Cipher { get; init; } = "";

    /// <summary>The client's certificates in PEM form, when they were not verified.</summary>
    public IReadOnlyList<string> Certificates { get; init; } = [];

    /// <summary>Chains in PEM form, the client's certificate first, when they were.</summary>
    public IReadOnlyList<IReadOnlyList<string>> VerifiedChains { get; init; } = [];
}
