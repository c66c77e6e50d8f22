using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>For those who sync a block besides the commit queue.</content>
internal sealed partial class MessageBlock
{
    /// <summary>Names the file if it is open, without taking it for synced.</summary>
    public void AddFile(List<DiskSync> files)
    {
        if (_file is not null) files.Add(new DiskSync(_file));
    }
}
