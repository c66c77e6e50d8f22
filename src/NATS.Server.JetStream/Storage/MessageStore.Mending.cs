using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage;

/// <content>Repair of a store that nobody else uses.</content>
public sealed partial class MessageStore
{
    /// <summary>Writes blocks anew that are damaged, and guards that do not cover their blocks. What is lost counts as deleted from then on.</summary>
    /// <param name="damaged">The numbers of blocks that can be read and have damage in them.</param>
    /// <param name="unguarded">The numbers of those whose guard is to be written.</param>
    /// <exception cref="Disks.DiskException">Each block is as it was, or mended.</exception>
    internal void Mend(HashSet<uint> damaged, HashSet<uint> unguarded)
    {
        lock (_lock)
        {
            ulong before = 0;
            foreach (MessageBlock block in _contents.Blocks)
            {
                if (damaged.Contains(block.Index)) block.Mend(before);
                else if (unguarded.Contains(block.Index)) block.MendGuard();
                before = Math.Max(before, block.LastSequence);

                // The first call notes that it is used no more.
                block.DropCache();
                block.DropCache();
            }

            _isDamaged |= damaged.Count > 0;
            Leave();
        }
    }
}
