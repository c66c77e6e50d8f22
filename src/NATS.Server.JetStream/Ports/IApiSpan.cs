using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.JetStream.Ports;

/// <summary>A request whose answer is waited for. Any thread.</summary>
internal interface IApiSpan
{
    /// <summary>It is answered; what comes after the first call does not count.</summary>
    /// <param name="error">What the answer says; null when it is no error.</param>
    void End(ApiError? error);
}
