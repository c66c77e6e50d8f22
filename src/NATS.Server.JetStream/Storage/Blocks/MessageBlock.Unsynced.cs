using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>For those who sync a block besides the commit queue.</content>
internal sealed partial class MessageBlock
{
    /// <summary>Names the file, without taking it for synced.</summary>
    /// <exception cref="DiskException">It was closed by a failure, and cannot be opened again.</exception>
    public void AddFile(List<DiskSync> files)
    {
        if (IsDirty) files.Add(new DiskSync(_file ??= Create()));
    }
}
