using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>A peer that is not let in, or the reason for it. Immutable; the certificates belong to the handshake, and are valid while it is told.</summary>
/// <param name="Peer">The peer's own certificate.</param>
/// <param name="Link">The certificate of its chain that is not good; null when this tells that the peer is not let in.</param>
/// <param name="Reason">Why, in the reference's words.</param>
internal sealed record OcspRefusal(X509Certificate2 Peer, X509Certificate2? Link, string Reason);
