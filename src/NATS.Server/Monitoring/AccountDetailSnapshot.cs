using System.Runtime.InteropServices;
using NATS.Server.Accounts;
using NATS.Server.Core.Jwt;
using NATS.Server.Options;

namespace NATS.Server.Monitoring;

/// <summary>All that is known of one account at one moment. Immutable.</summary>
internal sealed record AccountDetailSnapshot
{
    public required string Name { get; init; }

    /// <summary>How people call it.</summary>
    public required string DisplayName { get; init; }

    /// <summary>When it was last declared.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    public bool IsSystem { get; init; }

    public bool IsExpired { get; init; }

    public bool IsIncomplete { get; init; }

    public bool HasJetStream { get; init; }

    public int Clients { get; init; }

    public int LeafNodes { get; init; }

    public required SublistSnapshot Sublist { get; init; }

    public required AccountModel Model { get; init; }

    /// <summary>What it exports, also without having declared it.</summary>
    public IReadOnlyList<ExportOptions> Exports { get; init; } = [];

    /// <summary>What it may ask of others, also without having declared it.</summary>
    public IReadOnlyList<ServiceImport> ServiceImports { get; init; } = [];

    /// <summary>Empty outside of operator mode, as what follows.</summary>
    public string Token { get; init; } = "";

    public AccountClaims? Claims { get; init; }

    public IReadOnlyList<ClaimIssue> Issues { get; init; } = [];

    /// <summary>Requests to its services that wait for answers, the oldest first.</summary>
    public IReadOnlyList<Delivery.WaitingRequest> Responses { get; init; } = [];
}

/// <summary>What one account has done so far. Immutable.</summary>
internal sealed record AccountStatSnapshot
{
    public required string Name { get; init; }

    /// <summary>How people call it.</summary>
    public required string DisplayName { get; init; }

    public int Clients { get; init; }

    public int LeafNodes { get; init; }

    public uint Subscriptions { get; init; }

    /// <summary>Traffic with peers of every kind.</summary>
    public TrafficSnapshot Traffic { get; init; }

    /// <summary>The parts of <see cref="Traffic"/> that are not with clients.</summary>
    public PeerTraffic Peers { get; init; }

    public long SlowConsumers { get; init; }
}

/// <summary>Traffic with other servers, by their kind.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PeerTraffic(TrafficSnapshot Gateways, TrafficSnapshot Routes, TrafficSnapshot LeafNodes);
