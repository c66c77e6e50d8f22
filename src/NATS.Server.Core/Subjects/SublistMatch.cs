using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// The subscriptions that match one literal subject. Owned by its caller; filled in place by <see cref="Sublist{T}.Match"/> and reused,
/// so that a match in the steady state allocates nothing.
/// </summary>
public sealed class SublistMatch<T> where T : class
{
    private T[] _plain = [];
    private int _plainCount;
    private QueueMatch<T>[] _queues = [];
    private int _queueCount;

    /// <summary>Every matching subscription without a queue group.</summary>
    public ReadOnlySpan<T> Plain => _plain.AsSpan(0, _plainCount);

    /// <summary>One entry for each queue group with at least one matching member. Each must receive the message once.</summary>
    public ReadOnlySpan<QueueMatch<T>> Queues => _queues.AsSpan(0, _queueCount);

    /// <summary>Plain subscriptions and queue groups together. May be read by any thread, as an approximation while the owner matches.</summary>
    public int Fanout => Volatile.Read(ref _plainCount) + Volatile.Read(ref _queueCount);

    public bool IsEmpty => _plainCount == 0 && _queueCount == 0;

    /// <summary>Other subjects that match the same, as long as the index is unchanged.</summary>
    public SharedMatch Shared { get; internal set; }

    /// <summary>Places where the walk through the trie still has to go; kept between matches so that it is not allocated again.</summary>
    internal PendingNode<T>[] Pending { get; set; } = [];

    /// <summary>Forgets the matches, drops the references to subscriptions and keeps the arrays unless they grew past what is worth keeping.</summary>
    public void Clear()
    {
        if (MatchArray.IsWorthKeeping(_plain.Length, _plainCount))
        {
            Array.Clear(_plain, 0, _plainCount);
        }
        else
        {
            _plain = [];
        }

        for (int i = 0; i < _queueCount; i++)
        {
            _queues[i].Clear();
        }

        _plainCount = 0;
        _queueCount = 0;
        Shared = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddPlain(T subscription)
    {
        if (_plainCount == _plain.Length) MatchArray.Grow(ref _plain, _plainCount + 1);
        _plain[_plainCount++] = subscription;
    }

    internal void AddPlain(ReadOnlySpan<T> subscriptions)
    {
        int needed = _plainCount + subscriptions.Length;
        if (needed > _plain.Length) MatchArray.Grow(ref _plain, needed);
        subscriptions.CopyTo(_plain.AsSpan(_plainCount));
        _plainCount = needed;
    }

    /// <summary>The entry of a queue group, which the caller adds at least one member to.</summary>
    /// <param name="name">The group's name; kept.</param>
    /// <param name="known">How many of the present entries may be this group's.</param>
    internal QueueMatch<T> Queue(byte[] name, int known)
    {
        for (int i = 0; i < known; i++)
        {
            if (_queues[i].Name.AsSpan().SequenceEqual(name)) return _queues[i];
        }

        if (_queueCount == _queues.Length) Array.Resize(ref _queues, Math.Max(2, _queues.Length * 2));
        QueueMatch<T> queue = _queues[_queueCount++] ??= new QueueMatch<T>();
        queue.Name = name;
        return queue;
    }
}

/// <summary>The members of one queue group that match a subject, a remote one as often as it weighs. Owned by its <see cref="SublistMatch{T}"/>.</summary>
public sealed class QueueMatch<T> where T : class
{
    private T[] _members = [];
    private int _count;

    /// <summary>The queue group's name.</summary>
    public byte[] Name { get; internal set; } = [];

    public ReadOnlySpan<T> Members => _members.AsSpan(0, _count);

    internal void Add(T member)
    {
        if (_count == _members.Length) MatchArray.Grow(ref _members, _count + 1);
        _members[_count++] = member;
    }

    internal void Add(ReadOnlySpan<T> members)
    {
        int needed = _count + members.Length;
        if (needed > _members.Length) MatchArray.Grow(ref _members, needed);
        members.CopyTo(_members.AsSpan(_count));
        _count = needed;
    }

    internal void AddRepeated(T member, int times)
    {
        int needed = checked(_count + times);
        if (needed > _members.Length) MatchArray.Grow(ref _members, needed);
        _members.AsSpan(_count, times).Fill(member);
        _count = needed;
    }

    internal void Clear()
    {
        if (MatchArray.IsWorthKeeping(_members.Length, _count))
        {
            Array.Clear(_members, 0, _count);
        }
        else
        {
            _members = [];
        }

        _count = 0;
        Name = [];
    }
}

/// <summary>How the arrays of a match grow and when they are given up.</summary>
internal static class MatchArray
{
    private const int AlwaysKept = 256;

    /// <summary>A small array always is, since a cache holds thousands of matches; a large one while its last use filled a good part of it.</summary>
    public static bool IsWorthKeeping(int length, int used) => length <= AlwaysKept || used > length / 4;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Grow<T>(ref T[] array, int needed) => Array.Resize(ref array, Math.Max(4, Math.Max(needed, array.Length * 2)));
}
