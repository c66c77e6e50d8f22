using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>Which servers a request is for. Immutable; empty is for all. A server that is not meant does not answer.</summary>
internal sealed record RequestFilter
{
    public static readonly RequestFilter All = new();

    /// <summary>The properties of a request's body that belong to the filter.</summary>
    public static readonly string[] Names = ["server_name", "cluster", "host", "exact_match", "tags", "domain"];

    public string ServerName { get; init; } = "";

    public string Cluster { get; init; } = "";

    public string Host { get; init; } = "";

    /// <summary>Whether name, cluster and host have to be equal; otherwise a part of them suffices.</summary>
    public bool ExactMatch { get; init; }

    /// <summary>A server must have all of them; upper and lower case are the same.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The JetStream domain.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Reads the value of one of <see cref="Names"/>.</summary>
    public RequestFilter Read(JsonCursor json, string name) => name switch
    {
        "server_name" => this with { ServerName = json.Text(ServerName) },
        "cluster" => this with { Cluster = json.Text(Cluster) },
        "host" => this with { Host = json.Text(Host) },
        "exact_match" => this with { ExactMatch = json.Flag(ExactMatch) },
        "tags" => this with { Tags = json.Texts() is { } tags ? [.. tags] : [] },
        _ => this with { Domain = json.Text(Domain) },
    };

    /// <summary>Whether a server is meant.</summary>
    public bool Includes(ServerContext server) => ReferenceEquals(this, All) || Includes(server.Info, server.Options);

    /// <summary>The same, by what the server says of itself and how it is configured.</summary>
    public bool Includes(ServerInfo info, ServerOptions options)
    {
        if (!Fits(ServerName, info.ServerName) || !Fits(Host, info.Host) || !Fits(Cluster, actual: "")) return false;
        if (!Tags.All(tag => options.Tags.Contains(tag.Trim(), StringComparer.OrdinalIgnoreCase))) return false;
        return Domain.Length == 0 || Domain == options.JetStreamSettings.Domain;
    }

    private bool Fits(string wanted, string actual) =>
        wanted.Length == 0 || (ExactMatch ? wanted == actual : actual.Contains(wanted, StringComparison.Ordinal));
}
