namespace NATS.Server.Testing.Disks;

/// <summary>What operations of a <see cref="SimulatedDisk"/> add to its <see cref="SimulatedDisk.ElapsedNs"/>: nobody waits for it.</summary>
/// <param name="OperationNs">Any operation.</param>
/// <param name="SyncNs">A file or directory that is synced, on top; files that are synced together cost it once.</param>
/// <param name="ByteNs">A byte that is read or written, on top.</param>
public sealed record DiskCosts(long OperationNs, long SyncNs, long ByteNs);
