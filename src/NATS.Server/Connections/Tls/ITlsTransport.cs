namespace NATS.Server.Connections.Tls;

/// <summary>The socket under a TLS connection, as its engine reaches it.</summary>
internal interface ITlsTransport
{
    /// <summary>Receives without waiting: bytes, 0 at the end, <see cref="Connection.SendBlocked"/> or <see cref="Connection.SendFailed"/>. One thread at a time.</summary>
    int ReceiveBytes(Span<byte> target);

    /// <summary>Sends without waiting; results likewise. One thread at a time.</summary>
    int SendBytes(ReadOnlySpan<byte> bytes);

    /// <summary>Completes when there is something to receive, or the connection is closed. Only during the handshake.</summary>
    ValueTask ReadableAsync();

    /// <summary>Completes when bytes can be sent, or the connection is closed. Only during the handshake.</summary>
    ValueTask WritableAsync();
}
