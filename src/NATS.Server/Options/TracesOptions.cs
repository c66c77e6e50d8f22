namespace NATS.Server.Options;

/// <summary>Who is told the server's spans. Immutable. Only the executable exports them; an embedder listens to the source. nats-server has no such options.</summary>
public sealed record TracesOptions
{
    /// <summary>Every request that belongs to no trace begins one.</summary>
    public const double AllRequests = 100;

    /// <summary>Address of a collector that gets the spans by OTLP over HTTP; null: none.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>Percent of the requests to JetStream's API that begin a trace of their own when they name none, 0 to 100. What names one follows that.</summary>
    public double Sampling { get; init; } = AllRequests;
}
