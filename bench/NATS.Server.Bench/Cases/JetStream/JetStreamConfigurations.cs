namespace NATS.Server.Bench.Cases.JetStream;

/// <summary>Server configurations with JetStream, by how durable an acknowledged message is. Pure.</summary>
internal static class JetStreamConfigurations
{
    /// <summary>What stands for the folder of the server's store, which every server has for itself.</summary>
    public const string StoreFolder = "$STORE";

    /// <summary>Files are synced every two minutes, and nobody waits for it: the reference's default.</summary>
    public static string Relaxed => Configure("sync_interval: \"2m\"");

    /// <summary>Nothing is acknowledged before it is on the disk.</summary>
    public static string Always => Configure("sync_interval: always");

    /// <summary>Each server's own default.</summary>
    public static string Default => Configure("");

    private static string Configure(string more) => $"jetstream {{ store_dir: \"{StoreFolder}\", max_memory_store: 6GB, max_file_store: 60GB\n{more} }}\n";
}
