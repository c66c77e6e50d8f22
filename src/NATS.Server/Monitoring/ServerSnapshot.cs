using System.Runtime.InteropServices;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Monitoring;

/// <summary>The state of the server at one moment, as far as monitoring shows it. Immutable.</summary>
internal sealed record ServerSnapshot
{
    public required ServerOptions Options { get; init; }

    public required string ServerId { get; init; }

    public required string ServerName { get; init; }

    public string Version { get; init; } = ServerVersion.Compatible;

    public int Protocol { get; init; } = ServerVersion.Protocol;

    /// <summary>Empty when the build does not know it.</summary>
    public string GitCommit { get; init; } = "";

    /// <summary>What INFO says in its <c>go</c> field: the runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>The host that INFO announces.</summary>
    public required string Host { get; init; }

    /// <summary>The client port that INFO announces, after binding.</summary>
    public required int Port { get; init; }

    /// <summary>The <c>ip</c> field of INFO; empty when it has none.</summary>
    public string Ip { get; init; } = "";

    public IReadOnlyList<string> ConnectUrls { get; init; } = [];

    public IReadOnlyList<string> WebSocketConnectUrls { get; init; } = [];

    /// <summary>Whether authentication is configured, also when there is a user for those who bring no credentials.</summary>
    public bool IsAuthRequired { get; init; }

    public required DateTimeOffset Start { get; init; }

    /// <summary>When the configuration was last loaded or reloaded.</summary>
    public required DateTimeOffset ConfigLoadTime { get; init; }

    /// <summary>Empty when there is no system account.</summary>
    public string SystemAccount { get; init; } = "";

    /// <summary>Open client connections.</summary>
    public int Connections { get; init; }

    /// <summary>Client connections accepted since start.</summary>
    public ulong TotalConnections { get; init; }

    public int Routes { get; init; }

    /// <summary>Distinct servers that routes lead to.</summary>
    public int Remotes { get; init; }

    public int LeafNodes { get; init; }

    /// <summary>Traffic with peers of every kind.</summary>
    public TrafficSnapshot Traffic { get; init; }

    /// <summary>The part of <see cref="Traffic"/> that is with clients.</summary>
    public TrafficSnapshot ClientTraffic { get; init; }

    public PeerCounts SlowConsumers { get; init; }

    public PeerCounts StaleConnections { get; init; }

    /// <summary>How often a producer was paused because of a slow consumer.</summary>
    public long StalledClients { get; init; }

    /// <summary>Subscriptions of all accounts.</summary>
    public uint Subscriptions { get; init; }

    public JetStreamVarz JetStream { get; init; } = JetStreamVarz.Disabled;

    /// <summary>Null when no certificate authority is asked about peers.</summary>
    public Connections.Tls.Ocsp.OcspCacheState? OcspCache { get; init; }

    /// <summary>How JetStream waited for others that were at the disk.</summary>
    public DiskIoWaitStats DiskWaits { get; init; } = new();

    /// <summary>Logins refused because the account is not one of those that may connect.</summary>
    public long PinnedAccountFailures { get; init; }
}

/// <summary>Messages and payload bytes in both directions, seen from the server.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TrafficSnapshot(long InMessages, long InBytes, long OutMessages, long OutBytes);

/// <summary>A count per kind of peer.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PeerCounts(ulong Clients, ulong Routes, ulong Gateways, ulong LeafNodes)
{
    public long Total => (long)(Clients + Routes + Gateways + LeafNodes);
}
