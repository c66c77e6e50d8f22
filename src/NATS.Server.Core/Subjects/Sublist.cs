using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// The subject index: wildcard subscriptions are stored, literal subjects are matched. Not synchronised: its owner (an account) holds a lock around every call
/// that changes it; calls that only read may run in parallel with each other, and <see cref="Generation"/> may be read by any thread.
/// </summary>
/// <remarks>
/// A trie over tokens. Children are found by a 16-byte key in an open-addressing table, so that a match touches few cache lines and makes no strings. No call
/// recurses: clients choose how many tokens a subject has.
/// </remarks>
public sealed class Sublist<T> where T : class
{
    private const int InlineTokens = 32;

    private readonly ulong _seed;
    private readonly SublistBranch<T> _root = new(null);
    private InterestWatches? _watches;
    private int _count;
    private int _generation;
    private long _inserts;
    private long _removes;
    private long _matches;

    public Sublist()
        : this(0)
    {
    }

    /// <summary>Creates an empty index.</summary>
    /// <param name="seed">A random number that clients cannot know, where clients choose the subjects: it keeps them from making lookups slow.</param>
    public Sublist(ulong seed) => _seed = seed;

    /// <summary>Number of stored subscriptions.</summary>
    public int Count => _count;

    /// <summary>Grows with every change; a cached match is valid while it is unchanged.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Counts as a change without being one: whoever caches matches asks again.</summary>
    public void Touch() => Volatile.Write(ref _generation, _generation + 1);

    public SublistStats Stats => new(_count, _inserts, _removes, _matches);

    /// <summary>Whether <see cref="TakeInterestChanges"/> would return something.</summary>
    public bool HasInterestChanges => _watches is { HasChanges: true };

    /// <summary>Adds a subscription.</summary>
    /// <param name="subject">A valid subscription subject (see <see cref="Subject"/>); kept, not copied.</param>
    /// <param name="queue">The queue group, or null; kept, not copied.</param>
    /// <param name="item">What is found again by <see cref="Match"/>; not stored under this subject and queue group yet.</param>
    /// <param name="weight">How often it counts in its queue group: the members that a remote subscription stands for.</param>
    /// <exception cref="ArgumentException">The subject has an empty token, or a token after <c>&gt;</c>.</exception>
    public void Insert(byte[] subject, byte[]? queue, T item, int weight = 1)
    {
        if (!Subject.IsWellFormed(subject)) throw new ArgumentException("sublist: invalid subject", nameof(subject));
        SublistLeaf<T> leaf = LeafToAdd(subject);
        leaf.Subject = subject;
        bool isFirst;
        if (queue is null)
        {
            leaf.Plain.Add(item);
            isFirst = leaf.Plain.Count == 1;
        }
        else
        {
            QueueGroup<T> group = (leaf.Queues ??= new QueueGroups<T>()).FindOrAdd(queue);
            group.Add(item, weight);
            isFirst = group.Count == 1;
        }

        _count++;
        _inserts++;
        if (isFirst) _watches?.Note(subject, queue, hasInterest: true);
        Changed();
    }

    /// <summary>Removes a subscription (compared by reference). False when it is not stored.</summary>
    public bool Remove(byte[] subject, byte[]? queue, T item)
    {
        if (!RemoveOne(subject, queue, item)) return false;
        Changed();
        return true;
    }

    /// <summary>Removes many subscriptions as one change. Those that are not stored are passed over.</summary>
    /// <returns>How many were removed.</returns>
    public int RemoveBatch(ReadOnlySpan<SublistEntry<T>> entries)
    {
        int removed = 0;
        foreach (SublistEntry<T> entry in entries)
        {
            if (RemoveOne(entry.Subject, entry.Queue, entry.Item)) removed++;
        }

        if (removed > 0) Changed();
        return removed;
    }

    /// <summary>Changes how often a stored member of a queue group counts. False when it is not stored.</summary>
    public bool UpdateWeight(byte[] subject, byte[] queue, T item, int weight)
    {
        if (FindLeaf(subject)?.Queues?.Find(queue) is not { } group || !group.UpdateWeight(item, weight)) return false;
        Changed();
        return true;
    }

    /// <summary>Finds what matches a literal subject. Replaces the content of <paramref name="result"/>. An invalid subject matches nothing.</summary>
    public void Match(ReadOnlySpan<byte> subject, SublistMatch<T> result)
    {
        result.Clear();
        _matches++;
        var visitor = new MatchVisitor(result);
        var pending = new PendingNodes<T>(result.Pending);
        Walk(subject, ref visitor, ref pending);
        if (pending.Grown is not null) result.Pending = pending.Grown;
    }

    /// <summary>Whether anything matches a literal subject; stops at the first.</summary>
    public bool HasInterest(ReadOnlySpan<byte> subject)
    {
        var visitor = new AnyVisitor();
        var buffer = new PendingNodeBuffer<T>();
        var pending = new PendingNodes<T>(buffer);
        Walk(subject, ref visitor, ref pending);
        return visitor.Found;
    }

    /// <summary>Whether some literal subject that starts with these whole tokens, and has at least one more, would match.</summary>
    public bool HasInterestBelow(ReadOnlySpan<byte> tokens)
    {
        var visitor = new BelowVisitor();
        var buffer = new PendingNodeBuffer<T>();
        var pending = new PendingNodes<T>(buffer);
        Walk(tokens, ref visitor, ref pending);
        return visitor.Found;
    }

    /// <summary>How many subscriptions match a literal subject: without a queue group, and members of queue groups (each counts once, whatever it weighs).</summary>
    public (int Plain, int Queue) NumInterest(ReadOnlySpan<byte> subject)
    {
        var visitor = new CountVisitor();
        var buffer = new PendingNodeBuffer<T>();
        var pending = new PendingNodes<T>(buffer);
        Walk(subject, ref visitor, ref pending);
        return (visitor.Plain, visitor.Queue);
    }

    /// <summary>
    /// Finds the subscriptions that share at least one literal subject with <paramref name="subject"/>, which may have wildcards. Replaces the content of
    /// <paramref name="result"/>. A malformed subject matches nothing. Not for the path of messages.
    /// </summary>
    public void ReverseMatch(ReadOnlySpan<byte> subject, SublistMatch<T> result)
    {
        result.Clear();
        if (!Subject.IsWellFormed(subject)) return;
        List<SublistNode<T>> level = [_root];
        List<SublistNode<T>> next = [];
        foreach (ReadOnlySpan<byte> token in Subject.Tokens(subject))
        {
            bool isPartial = Subject.IsPartialWildcard(token);
            bool isFull = Subject.IsFullWildcard(token);
            TokenKey key = isPartial || isFull ? default : TokenKey.Create(token, _seed);
            foreach (SublistNode<T> node in level)
            {
                if (node is not SublistBranch<T> branch) continue;
                if (isFull)
                {
                    branch.AddChildrenTo(next);
                    continue;
                }

                branch.Full?.CopyTo(result);
                if (branch.Partial is not null) next.Add(branch.Partial);
                if (isPartial) branch.AddLiteralChildrenTo(next);
                else if (branch.FindChild(key, token, _seed) is { } child) next.Add(child);
            }

            (level, next) = (next, level);
            next.Clear();
            if (isFull)
            {
                CopySubtreesTo(level, result);
                return;
            }
        }

        foreach (SublistNode<T> node in level)
        {
            node.Subscriptions?.CopyTo(result);
        }
    }

    /// <summary>Appends every stored subscription, in no particular order.</summary>
    public void CopyTo(List<SublistEntry<T>> entries)
    {
        List<SublistNode<T>> pending = [_root];
        while (pending.Count > 0)
        {
            SublistNode<T> node = pending[^1];
            pending.RemoveAt(pending.Count - 1);
            node.Subscriptions?.AddEntriesTo(entries);
            (node as SublistBranch<T>)?.AddChildrenTo(pending);
        }
    }

    /// <summary>Starts to follow the interest in a literal subject; <see cref="InterestWatch.HasInterest"/> is the state at this moment.</summary>
    /// <param name="subject">The literal subject; kept, not copied.</param>
    /// <param name="queue">Follow this queue group, or null to follow subscriptions without one.</param>
    /// <param name="changed">Called by whoever takes the changes, see <see cref="TakeInterestChanges"/>.</param>
    /// <returns>Null when the subject is malformed or has a wildcard.</returns>
    public InterestWatch? Watch(byte[] subject, byte[]? queue, Action<bool> changed)
    {
        if (!Subject.IsValidLiteral(subject)) return null;
        SublistLeaf<T>? leaf = FindLeaf(subject);
        bool hasInterest = leaf is not null && (queue is null ? leaf.Plain.Count > 0 : leaf.Queues?.Find(queue) is not null);
        var watch = new InterestWatch(subject, queue, changed, hasInterest);
        (_watches ??= new InterestWatches()).Add(watch);
        return watch;
    }

    /// <summary>Ends a watch; it is not told anything that was not taken yet. False when it had ended before.</summary>
    public bool Unwatch(InterestWatch watch)
    {
        if (_watches is null || !_watches.Remove(watch)) return false;
        if (_watches.IsEmpty) _watches = null;
        return true;
    }

    /// <summary>
    /// Appends what watchers have to be told since the last call. The owner asks after each change (<see cref="HasInterestChanges"/>), leaves its lock, and
    /// then calls <see cref="InterestChange.Deliver"/> on each.
    /// </summary>
    public void TakeInterestChanges(List<InterestChange> changes) => _watches?.Take(changes);

    /// <summary>The number of nodes below the root, so that tests can see that nothing is left behind.</summary>
    internal int CountNodes()
    {
        List<SublistNode<T>> pending = [_root];
        int count = -1;
        while (pending.Count > 0)
        {
            SublistNode<T> node = pending[^1];
            pending.RemoveAt(pending.Count - 1);
            (node as SublistBranch<T>)?.AddChildrenTo(pending);
            count++;
        }

        return count;
    }

    private void Changed() => Volatile.Write(ref _generation, unchecked(_generation + 1));

    private bool RemoveOne(byte[] subject, byte[]? queue, T item)
    {
        if (!Subject.IsWellFormed(subject)) return false;

        // The last place on the way that something else needs; when nothing is left at the end, the path below that place goes.
        SublistBranch<T> keep = _root;
        ReadOnlySpan<byte> cut = default;
        SublistNode<T> node = _root;
        foreach (ReadOnlySpan<byte> token in Subject.Tokens(subject))
        {
            if (node is not SublistBranch<T> branch) return false;
            if (branch == _root || branch.Here is not null || branch.EdgeCount > 1)
            {
                keep = branch;
                cut = token;
            }

            if (FindEdge(branch, token) is not { } child) return false;
            node = child;
        }

        if (node.Subscriptions is not { } leaf) return false;
        bool isLast;
        if (queue is null)
        {
            if (!leaf.Plain.Remove(item)) return false;
            isLast = leaf.Plain.Count == 0;
        }
        else
        {
            if (leaf.Queues?.Find(queue) is not { } group || !group.Remove(item)) return false;
            isLast = group.Count == 0;
            if (isLast) leaf.RemoveQueue(group);
        }

        _count--;
        _removes++;
        if (isLast)
        {
            if (leaf.IsEmpty)
            {
                var last = node as SublistBranch<T>;
                if (last is not null) last.Here = null;
                if (last is not { EdgeCount: > 0 }) RemoveEdge(keep, cut);
            }

            _watches?.Note(subject, queue, hasInterest: false);
        }

        return true;
    }

    // The place for a subscription to a well-formed subject, made when it is not there.
    private SublistLeaf<T> LeafToAdd(ReadOnlySpan<byte> subject)
    {
        SublistBranch<T> branch = _root;
        SubjectTokens tokens = Subject.Tokens(subject);
        while (tokens.MoveNext())
        {
            ReadOnlySpan<byte> token = tokens.Current;
            if (Subject.IsFullWildcard(token)) return branch.Full ??= new SublistLeaf<T>(null);
            SublistNode<T>? child = FindEdge(branch, token);
            if (tokens.IsLast)
            {
                if (child is SublistBranch<T> ending) return ending.Here ??= new SublistLeaf<T>(null);
                if (child is SublistLeaf<T> existing) return existing;
                var leaf = new SublistLeaf<T>(TokenKey.IsLongToken(token) ? token.ToArray() : null);
                SetEdge(branch, token, leaf);
                return leaf;
            }

            SublistBranch<T> next = SublistBranch<T>.From(child, child?.LongToken ?? (TokenKey.IsLongToken(token) ? token.ToArray() : null));
            if (next != child) SetEdge(branch, token, next);
            branch = next;
        }

        throw new UnreachableException();
    }

    private SublistLeaf<T>? FindLeaf(ReadOnlySpan<byte> subject)
    {
        if (!Subject.IsWellFormed(subject)) return null;
        SublistNode<T>? node = _root;
        foreach (ReadOnlySpan<byte> token in Subject.Tokens(subject))
        {
            if (node is not SublistBranch<T> branch) return null;
            node = FindEdge(branch, token);
        }

        return node?.Subscriptions;
    }

    private SublistNode<T>? FindEdge(SublistBranch<T> branch, ReadOnlySpan<byte> token)
    {
        if (Subject.IsPartialWildcard(token)) return branch.Partial;
        if (Subject.IsFullWildcard(token)) return branch.Full;
        return branch.FindChild(TokenKey.Create(token, _seed), token, _seed);
    }

    private void SetEdge(SublistBranch<T> branch, ReadOnlySpan<byte> token, SublistNode<T> node)
    {
        if (Subject.IsPartialWildcard(token)) branch.Partial = node;
        else branch.SetChild(TokenKey.Create(token, _seed), token, node, _seed);
    }

    private void RemoveEdge(SublistBranch<T> branch, ReadOnlySpan<byte> token)
    {
        if (Subject.IsPartialWildcard(token)) branch.Partial = null;
        else if (Subject.IsFullWildcard(token)) branch.Full = null;
        else branch.RemoveChild(TokenKey.Create(token, _seed), token, _seed);
    }

    private static void CopySubtreesTo(List<SublistNode<T>> roots, SublistMatch<T> result)
    {
        while (roots.Count > 0)
        {
            SublistNode<T> node = roots[^1];
            roots.RemoveAt(roots.Count - 1);
            node.Subscriptions?.CopyTo(result);
            (node as SublistBranch<T>)?.AddChildrenTo(roots);
        }
    }

    [SkipLocalsInit]
    private void Walk<TVisitor>(scoped ReadOnlySpan<byte> subject, scoped ref TVisitor visitor, ref PendingNodes<T> pending)
        where TVisitor : struct, IVisitor, allows ref struct
    {
        if (_count == 0) return;
        int count = Subject.TokenCount(subject);
        if (count <= InlineTokens)
        {
            Span<Token> tokens = stackalloc Token[InlineTokens];
            if (Tokenize(subject, tokens)) Walk(subject, tokens[..count], ref visitor, ref pending);
            return;
        }

        Token[] rented = ArrayPool<Token>.Shared.Rent(count);
        if (Tokenize(subject, rented)) Walk(subject, rented.AsSpan(0, count), ref visitor, ref pending);
        ArrayPool<Token>.Shared.Return(rented);
    }

    private void Walk<TVisitor>(scoped ReadOnlySpan<byte> subject, scoped ReadOnlySpan<Token> tokens, scoped ref TVisitor visitor, ref PendingNodes<T> pending)
        where TVisitor : struct, IVisitor, allows ref struct
    {
        SublistNode<T> node = _root;
        int depth = 0;
        bool hasForked = false;
        while (true)
        {
            SublistNode<T>? next = null;
            if (depth == tokens.Length)
            {
                if (!visitor.VisitEnd(node)) return;
            }
            else if (node is SublistBranch<T> branch)
            {
                if (branch.Full is not null && !visitor.VisitFull(branch.Full)) return;
                ref readonly Token token = ref tokens[depth];
                next = branch.FindChild(token.Key, subject.Slice(token.Start, token.Length), _seed);
                depth++;
                if (next is null && depth > 1 && !hasForked) Share(branch, token.Start, isLast: depth == tokens.Length, ref visitor);
                if (branch.Partial is not null)
                {
                    if (next is null)
                    {
                        next = branch.Partial;
                    }
                    else
                    {
                        pending.Push(branch.Partial, depth);
                        hasForked = true;
                    }
                }
            }

            if (next is null)
            {
                if (!pending.TryPop(out PendingNode<T> other)) return;
                next = other.Node;
                depth = other.Depth;
            }

            node = next;
        }
    }

    // On the only way there is through the index, no token from here on was looked for in vain that another subject might find.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Share<TVisitor>(SublistBranch<T> branch, int length, bool isLast, scoped ref TVisitor visitor)
        where TVisitor : struct, IVisitor, allows ref struct
    {
        if (branch.HasChildren) return;
        if (branch.Partial is null) visitor.Share(new SharedMatch(length, IsOneToken: false));
        else if (isLast && branch.Partial is SublistLeaf<T>) visitor.Share(new SharedMatch(length, IsOneToken: true));
    }

    // False when a token is empty: such a subject matches nothing.
    private bool Tokenize(ReadOnlySpan<byte> subject, Span<Token> tokens)
    {
        int at = 0;
        for (int start = 0; ; at++)
        {
            int length = subject[start..].IndexOf(Subject.Separator);
            bool isLast = length < 0;
            if (isLast) length = subject.Length - start;
            if (length == 0) return false;
            tokens[at] = new Token(TokenKey.Create(subject.Slice(start, length), _seed), start, length);
            if (isLast) return true;
            start += length + 1;
        }
    }

    private readonly struct Token(TokenKey key, int start, int length)
    {
        public readonly TokenKey Key = key;
        public readonly int Start = start;
        public readonly int Length = length;
    }

    private interface IVisitor
    {
        /// <summary>Looks at the node where the subject ends; false ends the walk.</summary>
        bool VisitEnd(SublistNode<T> node);

        /// <summary>Looks at the subscriptions of a <c>&gt;</c> that the rest of the subject matches; false ends the walk.</summary>
        bool VisitFull(SublistLeaf<T> leaf);

        /// <summary>Learns which other subjects match the same.</summary>
        void Share(SharedMatch shared);
    }

    private readonly struct MatchVisitor(SublistMatch<T> result) : IVisitor
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool VisitEnd(SublistNode<T> node)
        {
            node.Subscriptions?.CopyTo(result);
            return true;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool VisitFull(SublistLeaf<T> leaf)
        {
            leaf.CopyTo(result);
            return true;
        }

        public void Share(SharedMatch shared) => result.Shared = shared;
    }

    private struct AnyVisitor : IVisitor
    {
        public bool Found { get; private set; }

        public void Share(SharedMatch shared)
        {
        }

        public bool VisitEnd(SublistNode<T> node)
        {
            Found = node.Subscriptions is not null;
            return !Found;
        }

        public bool VisitFull(SublistLeaf<T> leaf)
        {
            Found = true;
            return false;
        }
    }

    private struct BelowVisitor : IVisitor
    {
        public bool Found { get; private set; }

        public void Share(SharedMatch shared)
        {
        }

        public bool VisitEnd(SublistNode<T> node)
        {
            Found = node is SublistBranch<T> { EdgeCount: > 0 };
            return !Found;
        }

        public bool VisitFull(SublistLeaf<T> leaf)
        {
            Found = true;
            return false;
        }
    }

    private struct CountVisitor : IVisitor
    {
        public int Plain { get; private set; }

        public int Queue { get; private set; }

        public void Share(SharedMatch shared)
        {
        }

        public bool VisitEnd(SublistNode<T> node) => node.Subscriptions is not { } leaf || VisitFull(leaf);

        public bool VisitFull(SublistLeaf<T> leaf)
        {
            Plain += leaf.Plain.Count;
            Queue += leaf.QueueMemberCount;
            return true;
        }
    }
}
