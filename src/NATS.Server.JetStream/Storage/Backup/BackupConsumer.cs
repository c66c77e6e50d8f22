using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>A consumer in a backup. Immutable, if the state is not changed.</summary>
/// <param name="Name">Its name, also of one that is not durable.</param>
/// <param name="Config">Its configuration, one JSON object as the API knows it: <see cref="ConsumerDocument.FromMetadata"/> takes it from <c>meta.inf</c>.</param>
/// <param name="State">What it has delivered and what is acknowledged. Of what is above the last sequence of the backup, nothing gets into it.</param>
public sealed record BackupConsumer(string Name, ReadOnlyMemory<byte> Config, ConsumerSnapshot State);
