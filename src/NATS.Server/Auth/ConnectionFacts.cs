using System.Net;

namespace NATS.Server.Auth;

/// <summary>What authentication may want to know of a connection besides its CONNECT. Immutable.</summary>
/// <param name="ConnectionType">The name that users list in <c>allowed_connection_types</c>: <c>STANDARD</c>, <c>IN_PROCESS</c>, …</param>
/// <param name="ConnectionId">The connection's number, unique in the server's life.</param>
/// <param name="RemoteEndPoint">Null inside the process.</param>
/// <param name="Nonce">What the client was asked to sign; empty when it was not.</param>
/// <param name="Tls">Null without TLS.</param>
/// <param name="ProxyKey">The trusted proxy that vouches for the client; empty without one. Set by the authenticator.</param>
internal readonly record struct ConnectionFacts(
    string ConnectionType,
    ulong ConnectionId = 0,
    EndPoint? RemoteEndPoint = null,
    string Nonce = "",
    ClientTls? Tls = null,
    string ProxyKey = "");

/// <summary>What TLS says of a client. Immutable.</summary>
/// <param name="Version">As in <c>1.3</c>.</param>
/// <param name="Cipher">The name of the cipher suite, as in <c>TLS_AES_128_GCM_SHA256</c>.</param>
/// <param name="PeerCertificates">What the client presented, its own certificate first, each DER; empty when it presented none.</param>
/// <param name="VerifiedChains">Chains from the client's certificate to a trusted root, each DER; empty when they were not verified.</param>
public sealed record ClientTls(
    string Version,
    string Cipher,
    IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates,
    IReadOnlyList<IReadOnlyList<ReadOnlyMemory<byte>>> VerifiedChains);
