using System.Net;

namespace NATS.Server.Auth;

/// <summary>What authentication may want to know of a connection besides its CONNECT. Immutable.</summary>
/// <param name="ConnectionType">The name that users list in <c>allowed_connection_types</c>: <c>STANDARD</c>, <c>IN_PROCESS</c>, …</param>
/// <param name="ConnectionId">The connection's number, unique in the server's life.</param>
/// <param name="RemoteEndPoint">Null inside the process.</param>
/// <param name="Nonce">What the client was asked to sign; empty when it was not.</param>
internal readonly record struct ConnectionFacts(string ConnectionType, ulong ConnectionId = 0, EndPoint? RemoteEndPoint = null, string Nonce = "");
