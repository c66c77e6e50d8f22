using System.Runtime.CompilerServices;
using NATS.Server.Core.Subjects;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Owned by a store, under its lock. The subjects of all messages. Messages without a subject are not in it.</summary>
internal sealed class SubjectIndex
{
    /// <summary>For walks; values may be changed, subjects not.</summary>
    public SubjectTree<SubjectEntry> Tree { get; } = new();

    public int Count => Tree.Count;

    /// <summary>Counts a message that was stored.</summary>
    /// <returns>How many messages the subject has now.</returns>
    public ulong Add(ReadOnlySpan<byte> subject, uint block)
    {
        if (subject.IsEmpty) return 0;
        ref SubjectEntry entry = ref Tree.GetRefOrAdd(subject, out bool exists);
        if (!exists)
        {
            entry = new SubjectEntry(1, block, block);
            return 1;
        }

        // What was stored last is the last.
        entry.LastBlock = block;
        return ++entry.Messages;
    }

    /// <summary>Takes what was found elsewhere: an index file, or a block that was looked through, in any order of blocks.</summary>
    /// <param name="subject">Literal; messages without one are passed over.</param>
    /// <param name="messages">How many.</param>
    /// <param name="firstBlock">The number of the first one's block, or a lower one.</param>
    /// <param name="lastBlock">The number of the last one's block, or a higher one.</param>
    /// <param name="isLastExact">It is not a higher one.</param>
    public void Merge(ReadOnlySpan<byte> subject, ulong messages, uint firstBlock, uint lastBlock, bool isLastExact)
    {
        if (subject.IsEmpty || messages == 0) return;
        ref SubjectEntry entry = ref Tree.GetRefOrAdd(subject, out bool exists);
        if (!exists)
        {
            entry = new SubjectEntry(messages, firstBlock, lastBlock);
            if (!isLastExact && firstBlock < lastBlock) entry.DoubtLast();
            return;
        }

        entry.Messages += messages;
        entry.FirstBlock = Math.Min(entry.FirstBlock, firstBlock);
        if (lastBlock > entry.LastBlock) entry.LastBlock = lastBlock;
    }

    /// <summary>Counts a message that was removed from a block.</summary>
    public void Remove(ReadOnlySpan<byte> subject, uint block)
    {
        if (subject.IsEmpty) return;
        ref SubjectEntry entry = ref Tree.GetRefOrNullRef(subject);
        if (Unsafe.IsNullRef(ref entry)) return;
        if (--entry.Messages == 0)
        {
            Tree.Remove(subject);
            return;
        }

        if (entry.LastBlock == block && entry.FirstBlock < block) entry.DoubtLast();

        // Without this, the first message of a subject with a history of one would be looked for in ever more blocks.
        if (entry.Messages == 1 && !entry.IsLastDoubtful) entry.FirstBlock = entry.LastBlock;
    }

    /// <summary>The place of a subject's entry, or a null reference. Valid until a subject is added or removed.</summary>
    public ref SubjectEntry Find(ReadOnlySpan<byte> subject) => ref Tree.GetRefOrNullRef(subject);

    /// <summary>How many messages a subject has.</summary>
    public ulong CountOf(ReadOnlySpan<byte> subject) => Tree.TryGet(subject, out SubjectEntry entry) ? entry.Messages : 0;

    public void Clear() => Tree.Clear();
}
