using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure but for the disk. Repairs of stores that no server has open.</summary>
public static class StoreRepair
{
    /// <summary>Repairs every stream that needs it.</summary>
    /// <param name="disk">Is written to: an <see cref="OverlayDisk"/> for a run that only says what it would do.</param>
    /// <param name="store">What to repair.</param>
    /// <param name="options">With the keys.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    /// <param name="stamp">Names the directories in which damaged files are kept.</param>
    /// <param name="done">Gets each stream as soon as it was repaired; null for nobody.</param>
    public static StoreRepairReport Run(IDisk disk, StoreDirectory store, InspectionOptions options, long nowNs, string stamp, Action<StreamRepairReport>? done = null)
    {
        List<StreamRepairReport> streams = [];
        List<InspectionFinding> findings = [.. store.Findings];
        foreach (StreamDirectory stream in store.Streams)
        {
            try
            {
                StreamRepairReport report = StreamRepair.Run(disk, stream, options, nowNs, stamp);
                streams.Add(report);
                done?.Invoke(report);
            }
            catch (DiskException failure)
            {
                findings.Add(new InspectionFinding(StoreFindingKind.Loss, FindingCodes.Block, stream.Directory, $"could not be repaired: {failure.Message}"));
            }
        }

        return new StoreRepairReport { Directory = store.Path, IsDryRun = disk is OverlayDisk, Streams = streams, Findings = findings };
    }
}
