using NATS.Server.Core.JetStream.Api;

namespace NATS.Server.JetStream.Ports;

/// <summary>Who wants to know how long requests to the API take. Any thread.</summary>
internal interface IApiSpans
{
    /// <summary>A request has come.</summary>
    /// <param name="account">Who asks.</param>
    /// <param name="subject">Where, without the prefix of a domain.</param>
    /// <param name="api">What the subject says.</param>
    /// <param name="headers">The header block, or empty.</param>
    /// <param name="bodySize">Bytes of the payload.</param>
    /// <returns>Null when nobody wants to know.</returns>
    IApiSpan? Begin(string account, string subject, in ApiSubject api, ReadOnlySpan<byte> headers, int bodySize);
}
