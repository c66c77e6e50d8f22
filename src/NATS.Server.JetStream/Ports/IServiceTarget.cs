namespace NATS.Server.JetStream.Ports;

/// <summary>Who answers in an account what, to its clients, is a service that the account imports. Any thread.</summary>
internal interface IServiceTarget : IMessageTarget
{
    /// <summary>The account that the service is of; null when a subject is none of its.</summary>
    string? ExporterOf(ReadOnlySpan<byte> subject);
}
