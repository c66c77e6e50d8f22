using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage.Engine;

internal sealed partial class BlockWriter
{
    public bool IsFailed { get; private set; }

    public MessageCompression Compression { get; set; }

    private void RemovedFromFile(MessageBlock block, in StoredMessage message, bool isByUser, bool isInterior) => throw new NotSupportedException();

    private StoreResult PurgeFiles(ulong last) => throw new NotSupportedException();

    private void RemoveBelowInFiles(ulong first, int whole) => throw new NotSupportedException();

    private StoreResult TruncateFiles(ulong last, long timestampNs, bool isThere) => throw new NotSupportedException();
}
