using System.Buffers;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>
/// Compaction and compression of a block that is no longer written to, in three parts: how it is to be is decided under the store's lock, written and synced without it, and put in the place of what
/// is there under it again. Meanwhile messages are read and removed; what changes the file otherwise has to wait.
/// </content>
internal sealed partial class MessageBlock
{
    /// <summary>Begins what <see cref="Compact"/> does at once.</summary>
    /// <returns>Null when there is nothing to do.</returns>
    public BlockRewriting? BeginCompaction(Func<ulong, bool> keepsTombstone) =>
        OpenedKey() && Compacted(keepsTombstone, out ulong hash) is { } compacted ? new BlockRewriting(this, compacted, hash, isCompacted: true, _isCompressed) : null;

    /// <summary>Begins to compress it, if the store is to be compressed.</summary>
    /// <returns>Null when there is nothing to do.</returns>
    public BlockRewriting? BeginCompression()
    {
        if (_settings.Compression == MessageCompression.None || _isCompressed || RawBytes < MessageRecord.EmptyLength || Messages == 0 || CanAppend || !OpenedKey()) return null;
        BlockContent content = Covering(0);
        return content.Holes is not null || _isCompressed ? null : new BlockRewriting(this, content, LastHash, isCompacted: false, compresses: true);
    }

    private bool OpenedKey() => TryOpenKey() ? true : throw new DiskException(DiskError.Device, PathOf(".key"), $"the key of block {Index} does not fit");

    /// <summary>Owned by one thread, used once.</summary>
    internal sealed class BlockRewriting(MessageBlock block, BlockContent content, ulong lastHash, bool isCompacted, bool compresses)
    {
        private PreparedFiles? _prepared;

        public MessageBlock Block => block;

        public bool IsCompaction => isCompacted;

        /// <summary>Writes and syncs it beside what is there. Without the lock.</summary>
        /// <exception cref="DiskException">Nothing has changed.</exception>
        public void Write()
        {
            ReadOnlySpan<byte> records = content.Slice(0, content.EndOffset);
            byte[] data;
            if (compresses)
            {
                var output = new ArrayBufferWriter<byte>();
                CompressedBlock.Compress(records, output);
                data = output.WrittenSpan.ToArray();
            }
            else
            {
                data = records.ToArray();
            }

            _prepared = block.Prepare(data, null);
        }

        /// <summary>Gives it up.</summary>
        public void Discard()
        {
            if (_prepared is not null) block.Discard(_prepared);
        }

        /// <summary>Puts it in its place. Under the lock.</summary>
        /// <exception cref="DiskException">It is as it was, or new and not known to be durable.</exception>
        public void Finish()
        {
            DiskException? failure = block.Swap(_prepared!);
            block.Replaced(content.EndOffset, compresses);
            block._flushed = content.EndOffset;
            if (isCompacted)
            {
                ForgetRemoved();
                block.Take(content, lastHash);
            }

            block.GuardAll(content);
            if (failure is not null) throw failure;
        }

        // What was removed since is still in it.
        private void ForgetRemoved()
        {
            for (int i = 0; i < content.Records.Count; i++)
            {
                if (!block.Holds(content.Records.SequenceAt(i))) content.Records.Kill(i);
            }
        }
    }
}
