namespace NATS.Server.Core.Jwt;

/// <summary>What an account offers to others. Immutable.</summary>
public sealed record ClaimExport
{
    public const string SingletonResponse = "Singleton";
    public const string StreamResponse = "Stream";
    public const string ChunkedResponse = "Chunked";

    public string Name { get; init; } = "";

    public string Subject { get; init; } = "";

    public ExportKind Kind { get; init; }

    /// <summary>Whether importers need an activation token.</summary>
    public bool TokenRequired { get; init; }

    /// <summary>Activations taken back.</summary>
    public RevocationList Revocations { get; init; } = RevocationList.Empty;

    /// <summary>Empty for a single response.</summary>
    public string ResponseType { get; init; } = "";

    public long ResponseThresholdNs { get; init; }

    public ClaimLatency? Latency { get; init; }

    /// <summary>Which token of the subject must be the importing account, counted from 1; 0 for none.</summary>
    public ulong AccountTokenPosition { get; init; }

    public bool Advertise { get; init; }

    public bool AllowTrace { get; init; }

    public string Description { get; init; } = "";

    public string InfoUrl { get; init; } = "";

    public bool IsSingleResponse => ResponseType is "" or SingletonResponse;
}

/// <summary>How the latency of a service is observed.</summary>
/// <param name="Sampling">Per cent, or 0 for requests that ask for it with their headers.</param>
/// <param name="Results">Subject of the measurements.</param>
public sealed record ClaimLatency(long Sampling, string Results);
