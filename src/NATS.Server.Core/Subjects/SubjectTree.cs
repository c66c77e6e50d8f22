using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>Looks at an entry of a <see cref="SubjectTree{T}"/>.</summary>
/// <param name="subject">The literal subject; valid during the call only.</param>
/// <param name="value">Its value, which may be changed.</param>
/// <returns>False to stop.</returns>
public delegate bool SubjectTreeVisitor<T>(ReadOnlySpan<byte> subject, ref T value);

/// <summary>
/// The opposite of a <see cref="Sublist{T}"/>: literal subjects are stored, each with a value, and filters are matched. Not synchronised: calls that change it
/// have to be alone, calls that only read may run in parallel. It must not be changed, but for the values, while it is walked.
/// </summary>
/// <remarks>
/// A radix tree over bytes: what subjects have in common at their start is stored once, and the children of a branch are kept in arrays that grow with their
/// number. Any bytes can be stored. No call recurses: clients choose how long subjects are and how they branch.
/// </remarks>
public sealed class SubjectTree<T>
{
    private SubjectTreeNode? _root;

    /// <summary>How many subjects are stored.</summary>
    public int Count { get; private set; }

    /// <summary>Stores a value, in place of the subject's earlier one.</summary>
    /// <returns>Whether the subject is new.</returns>
    public bool Set(ReadOnlySpan<byte> subject, T value)
    {
        GetRefOrAdd(subject, out bool exists) = value;
        return !exists;
    }

    /// <summary>Finds the value of a literal subject.</summary>
    public bool TryGet(ReadOnlySpan<byte> subject, [MaybeNullWhen(false)] out T value)
    {
        ref T found = ref GetRefOrNullRef(subject);
        bool exists = !Unsafe.IsNullRef(ref found);
        value = exists ? found : default;
        return exists;
    }

    /// <summary>The place of a literal subject's value, or a null reference (<see cref="Unsafe.IsNullRef"/>). Valid until the tree changes.</summary>
    public ref T GetRefOrNullRef(ReadOnlySpan<byte> subject)
    {
        SubjectTreeNode? node = _root;
        while (node is not null && subject.StartsWith(node.Prefix))
        {
            subject = subject[node.Prefix.Length..];
            if (node is SubjectTreeBranch<T> branch)
            {
                node = subject.IsEmpty ? branch.End : branch.Find(subject[0]);
                if (!subject.IsEmpty) continue;
            }

            if (node is SubjectTreeLeaf<T> leaf && subject.IsEmpty) return ref leaf.Value;
            break;
        }

        return ref Unsafe.NullRef<T>();
    }

    /// <summary>The place of a literal subject's value; when the subject is new it holds the default. Valid until the tree changes.</summary>
    public ref T GetRefOrAdd(ReadOnlySpan<byte> subject, out bool exists)
    {
        exists = false;
        SubjectTreeBranch<T>? parent = null;
        SubjectTreeNode? node = _root;
        while (node is not null)
        {
            int common = subject.CommonPrefixLength(node.Prefix);
            if (common < node.Prefix.Length)
            {
                var split = new SubjectTreeBranch<T>(node.Prefix[..common]);
                Replace(parent, node, split);
                split.Add(node.WithPrefix(node.Prefix[common..]));
                return ref AddLeaf(split, subject[common..]);
            }

            subject = subject[common..];
            if (node is SubjectTreeBranch<T> branch)
            {
                if (subject.IsEmpty && branch.End is { } end)
                {
                    exists = true;
                    return ref end.Value;
                }

                SubjectTreeNode? child = subject.IsEmpty ? null : branch.Find(subject[0]);
                if (child is null) return ref AddLeaf(branch, subject);
                parent = branch;
                node = child;
                continue;
            }

            var leaf = (SubjectTreeLeaf<T>)node;
            if (subject.IsEmpty)
            {
                exists = true;
                return ref leaf.Value;
            }

            // The subject goes on where a stored one ends.
            var longer = new SubjectTreeBranch<T>(leaf.Prefix) { End = (SubjectTreeLeaf<T>)leaf.WithPrefix([]) };
            Replace(parent, leaf, longer);
            return ref AddLeaf(longer, subject);
        }

        SubjectTreeLeaf<T> only = SubjectTreeLeaf<T>.Create(subject);
        _root = only;
        Count++;
        return ref only.Value;
    }

    /// <summary>Removes a literal subject. False when it is not stored.</summary>
    public bool Remove(ReadOnlySpan<byte> subject) => Remove(subject, out _);

    /// <summary>Removes a literal subject and returns the value it had. False when it is not stored.</summary>
    public bool Remove(ReadOnlySpan<byte> subject, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        SubjectTreeBranch<T>? grandparent = null;
        SubjectTreeBranch<T>? parent = null;
        SubjectTreeNode? node = _root;
        while (node is not null && subject.StartsWith(node.Prefix))
        {
            subject = subject[node.Prefix.Length..];
            if (node is SubjectTreeBranch<T> branch)
            {
                grandparent = parent;
                parent = branch;
                node = subject.IsEmpty ? branch.End : branch.Find(subject[0]);
                if (!subject.IsEmpty) continue;
            }

            if (node is not SubjectTreeLeaf<T> leaf || !subject.IsEmpty) break;
            value = leaf.Value;
            Count--;
            if (parent is null) _root = null;
            else Detach(grandparent, parent, leaf);
            return true;
        }

        return false;
    }

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        _root = null;
        Count = 0;
    }

    /// <summary>Visits every subject in the order of its bytes.</summary>
    /// <returns>False when the visitor stopped.</returns>
    public bool ForEach(SubjectTreeVisitor<T> visit)
    {
        var filter = new EverythingFilter();
        return Walk(ref filter, visit);
    }

    /// <summary>Visits every subject that comes after another one in the order of their bytes, whether that one is there or not: a walk in parts.</summary>
    /// <returns>False when the visitor stopped.</returns>
    public bool ForEachAfter(ReadOnlySpan<byte> subject, SubjectTreeVisitor<T> visit)
    {
        var filter = new AfterFilter(subject);
        return Walk(ref filter, visit);
    }

    /// <summary>Visits the subjects that a filter matches, in the order of their bytes.</summary>
    /// <param name="filter">A subject, perhaps with wildcards. An empty one matches nothing.</param>
    /// <param name="visit">Called for each.</param>
    /// <returns>False when the visitor stopped.</returns>
    public bool Match(ReadOnlySpan<byte> filter, SubjectTreeVisitor<T> visit)
    {
        if (filter.IsEmpty) return true;
        var wildcards = new WildcardFilter(filter);
        return Walk(ref wildcards, visit);
    }

    /// <summary>Visits the subjects that at least one subscription matches, each once, in the order of their bytes.</summary>
    /// <returns>False when the visitor stopped.</returns>
    public bool Match<TItem>(Sublist<TItem> interest, SubjectTreeVisitor<T> visit) where TItem : class
    {
        var filter = new InterestFilter<TItem>(interest);
        return Walk(ref filter, visit);
    }

    private void Detach(SubjectTreeBranch<T>? grandparent, SubjectTreeBranch<T> parent, SubjectTreeLeaf<T> leaf)
    {
        if (ReferenceEquals(parent.End, leaf)) parent.End = null;
        else parent.Remove(leaf.Prefix[0]);
        if (parent.Count + (parent.End is null ? 0 : 1) > 1) return;

        // What is left of the branch takes its place.
        SubjectTreeNode rest = parent.End ?? parent.First;
        Replace(grandparent, parent, rest.WithPrefix([.. parent.Prefix, .. rest.Prefix]));
    }

    private void Replace(SubjectTreeBranch<T>? parent, SubjectTreeNode old, SubjectTreeNode node)
    {
        if (parent is null) _root = node;
        else parent.Replace(old.Prefix[0], node);
    }

    private ref T AddLeaf(SubjectTreeBranch<T> branch, ReadOnlySpan<byte> rest)
    {
        SubjectTreeLeaf<T> leaf = SubjectTreeLeaf<T>.Create(rest);
        if (rest.IsEmpty) branch.End = leaf;
        else branch.Add(leaf);
        Count++;
        return ref leaf.Value;
    }

    private bool Walk<TFilter>(ref TFilter filter, SubjectTreeVisitor<T> visit) where TFilter : struct, ISubjectTreeFilter, allows ref struct
    {
        var path = new SubjectPath();
        Frame[] frames = ArrayPool<Frame>.Shared.Rent(16);
        int depth = 0;
        try
        {
            SubjectTreeNode? node = _root;
            int state = 0;
            while (node is not null)
            {
                int start = path.Length;
                path.Append(node.Prefix);
                state = filter.Advance(state, path.Bytes, start);
                SubjectTreeNode? next = null;
                if (state >= 0)
                {
                    var branch = node as SubjectTreeBranch<T>;
                    SubjectTreeLeaf<T>? leaf = branch is null ? (SubjectTreeLeaf<T>)node : branch.End;
                    if (leaf is not null && filter.Accepts(state, path.Bytes) && !visit(path.Bytes, ref leaf.Value)) return false;
                    if (branch is not null)
                    {
                        int expected = filter.Expected(state);
                        if (expected >= 0)
                        {
                            next = branch.Find((byte)expected);
                        }
                        else if (expected == ISubjectTreeFilter.AnyByte)
                        {
                            if (depth == frames.Length) frames = Grow(frames);
                            frames[depth++] = new Frame(branch, path.Length, state);
                        }
                    }
                }

                while (next is null && depth > 0)
                {
                    ref Frame frame = ref frames[depth - 1];
                    next = frame.Branch.Next(ref frame.Cursor);
                    path.Length = frame.PathLength;
                    state = frame.State;
                    if (next is null) depth--;
                }

                node = next;
            }

            return true;
        }
        finally
        {
            path.Dispose();
            ArrayPool<Frame>.Shared.Return(frames, clearArray: true);
        }
    }

    private static Frame[] Grow(Frame[] frames)
    {
        Frame[] larger = ArrayPool<Frame>.Shared.Rent(frames.Length * 2);
        frames.CopyTo(larger, 0);
        ArrayPool<Frame>.Shared.Return(frames, clearArray: true);
        return larger;
    }

    /// <summary>A branch whose children are being walked.</summary>
    private struct Frame(SubjectTreeBranch<T> branch, int pathLength, int state)
    {
        public readonly SubjectTreeBranch<T> Branch = branch;
        public readonly int PathLength = pathLength;
        public readonly int State = state;
        public int Cursor;
    }
}
