namespace NATS.Server.Monitoring;

/// <summary>Shows the connections to other servers. Pure over <see cref="IMonitoredServer"/>, thread-safe.</summary>
internal static class PeersBuilder
{
    /// <summary>What is said of the Raft groups of a server that has none.</summary>
    public const string NoRaftGroups = "No Raft nodes registered";

    public static Routez Routes(IMonitoredServer server, DateTimeOffset now)
    {
        ServerSnapshot snapshot = server.SnapshotServer();
        return new Routez { ServerId = snapshot.ServerId, ServerName = snapshot.ServerName, Now = now, NumRoutes = snapshot.Routes };
    }

    public static Gatewayz Gateways(IMonitoredServer server, DateTimeOffset now) => new() { ServerId = server.SnapshotServer().ServerId, Now = now };

    public static Leafz LeafNodes(IMonitoredServer server, DateTimeOffset now)
    {
        ServerSnapshot snapshot = server.SnapshotServer();
        return new Leafz { ServerId = snapshot.ServerId, Now = now, NumLeafs = snapshot.LeafNodes };
    }
}
