namespace NATS.Server.Core.Jwt;

/// <summary>What an export or import offers.</summary>
public enum ExportKind
{
    Unknown,
    Stream,
    Service,
}

/// <summary>What an account takes from another. Immutable.</summary>
public sealed record ClaimImport
{
    public string Name { get; init; } = "";

    /// <summary>From the view of the first publisher: the exporter's subject of a stream, the importer's (deprecated) of a service.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Public key of the exporting account.</summary>
    public string Account { get; init; } = "";

    /// <summary>The activation token, for private exports.</summary>
    public string Token { get; init; } = "";

    /// <summary>The deprecated form of <see cref="LocalSubject"/>.</summary>
    public string To { get; init; } = "";

    /// <summary>The subject in the importing account; <c>$n</c> refers to the n-th wildcard of <see cref="Subject"/>.</summary>
    public string LocalSubject { get; init; } = "";

    public ExportKind Kind { get; init; }

    /// <summary>Whether the exporter learns who asks.</summary>
    public bool Share { get; init; }

    public bool AllowTrace { get; init; }
}
