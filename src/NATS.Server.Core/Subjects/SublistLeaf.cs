using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>The subscriptions to one subject. Not synchronised.</summary>
internal sealed class SublistLeaf<T>(byte[]? longToken) : SublistNode<T>(longToken) where T : class
{
    public MemberSet<T> Plain;

    /// <summary>The whole subject, once there is a subscription.</summary>
    public byte[] Subject { get; set; } = [];

    /// <summary>The queue groups with a member here; null when there is none.</summary>
    public QueueGroups<T>? Queues { get; set; }

    public bool IsEmpty => Plain.Count == 0 && Queues is null;

    /// <summary>The members of all queue groups.</summary>
    public int QueueMemberCount => Queues?.MemberCount ?? 0;

    public void RemoveQueue(QueueGroup<T> group)
    {
        Queues!.Remove(group);
        if (Queues.IsEmpty) Queues = null;
    }

    /// <summary>Appends the subscriptions to a match.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CopyTo(SublistMatch<T> result)
    {
        Plain.CopyTo(result);
        Queues?.CopyTo(result);
    }

    public void AddEntriesTo(List<SublistEntry<T>> entries)
    {
        for (int i = 0; i < Plain.Count; i++)
        {
            entries.Add(new SublistEntry<T>(Subject, null, Plain[i]));
        }

        Queues?.AddEntriesTo(Subject, entries);
    }
}
