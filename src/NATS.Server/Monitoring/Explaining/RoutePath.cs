using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>How a message came to the account where it is followed on. Immutable.</summary>
/// <param name="Publisher">The connection that published it; 0 when it is not known, or for a message of a stream.</param>
/// <param name="CarriesService">It came as a request: it is not exported as a stream any more.</param>
internal sealed record RoutePath(ulong Publisher, bool CarriesService)
{
    /// <summary>How often a message is followed on, from account to account and from stream to stream; fewer than the server itself would.</summary>
    public const int MaxDepth = 6;

    private RoutePath? Outer { get; init; }

    private string Exporter { get; init; } = "";

    private ExportOptions? Export { get; init; }

    public int Depth { get; private init; }

    /// <summary>Whether it has passed an export already, and would go round in a circle.</summary>
    public bool HasPassed(string exporter, ExportOptions export)
    {
        for (RoutePath? path = this; path is not null; path = path.Outer)
        {
            if (ReferenceEquals(path.Export, export) && path.Exporter == exporter) return true;
        }

        return false;
    }

    /// <summary>On the other side of a service import.</summary>
    public RoutePath Through(string exporter, ExportOptions export) =>
        this with { CarriesService = true, Outer = this, Exporter = exporter, Export = export, Depth = Depth + 1 };

    /// <summary>Published by a stream that has stored it.</summary>
    public RoutePath Republished() => new(0, CarriesService: false) { Depth = Depth + 1 };
}
