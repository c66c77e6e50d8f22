using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>Where a server listens that wants TLS after INFO. Immutable.</summary>
internal sealed class SecureEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
