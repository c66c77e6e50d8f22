using System.Security.Authentication;

namespace NATS.Server.Connections.Tls;

/// <summary>What went wrong in a handshake, in the reference's words as far as the TLS library says enough. Pure.</summary>
internal static class TlsErrorText
{
    private static readonly (string Fragment, string Text)[] Texts =
    [
        ("unsupported protocol", "tls: client offered only unsupported versions"),
        ("version too low", "tls: client offered only unsupported versions"),
        ("wrong version number", "tls: client offered only unsupported versions"),
        ("no shared cipher", "tls: no cipher suite supported by both client and server"),
        ("no suitable signature algorithm", "tls: peer doesn't support any of the certificate's signature algorithms"),
        ("no suitable key share", "tls: no ECDHE curve supported by both client and server"),
        ("peer did not return a certificate", "tls: client didn't provide a certificate"),
        ("alert unknown ca", "remote error: tls: unknown certificate authority"),
        ("alert bad certificate", "remote error: tls: bad certificate"),
        ("alert certificate unknown", "remote error: tls: unknown certificate"),
        ("alert certificate expired", "remote error: tls: expired certificate"),
        ("alert unsupported certificate", "remote error: tls: unsupported certificate"),
        ("alert handshake failure", "remote error: tls: handshake failure"),
        ("alert protocol version", "remote error: tls: protocol version not supported"),
        ("alert decrypt error", "remote error: tls: error decrypting message"),
        ("alert access denied", "remote error: tls: access denied"),
        ("alert internal error", "remote error: tls: internal error"),
        ("bad record mac", "local error: tls: bad record MAC"),
    ];

    public static string Describe(Exception exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            foreach ((string fragment, string text) in Texts)
            {
                if (inner.Message.Contains(fragment, StringComparison.OrdinalIgnoreCase)) return text;
            }
        }

        if (exception is IOException) return exception.InnerException is null && exception.Message.Contains("EOF", StringComparison.OrdinalIgnoreCase) ? "EOF" : exception.Message;
        return exception is AuthenticationException && exception.Message.StartsWith("tls: ", StringComparison.Ordinal)
            ? exception.Message
            : $"tls: {(exception.InnerException ?? exception).Message}";
    }
}
