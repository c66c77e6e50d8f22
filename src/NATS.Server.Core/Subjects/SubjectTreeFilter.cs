using System.Buffers;

namespace NATS.Server.Core.Subjects;

/// <summary>Decides while a <see cref="SubjectTree{T}"/> is walked which way is worth going. States are its own; a walk starts with 0.</summary>
internal interface ISubjectTreeFilter
{
    /// <summary>Answer of <see cref="Advance"/>: nothing below can match.</summary>
    const int Dead = -1;

    /// <summary>Answer of <see cref="Expected"/>: children of any byte are to be tried.</summary>
    const int AnyByte = -1;

    /// <summary>Answer of <see cref="Expected"/>: no child can match.</summary>
    const int NoByte = -2;

    /// <summary>Goes over the bytes of a path from <paramref name="start"/> on.</summary>
    /// <returns>The new state, or <see cref="Dead"/>.</returns>
    int Advance(int state, ReadOnlySpan<byte> path, int start);

    /// <summary>Whether the path is a subject that matches.</summary>
    bool Accepts(int state, ReadOnlySpan<byte> path);

    /// <summary>The only byte that can follow, <see cref="AnyByte"/> or <see cref="NoByte"/>.</summary>
    int Expected(int state);
}

/// <summary>Lets everything pass.</summary>
internal readonly struct EverythingFilter : ISubjectTreeFilter
{
    public int Advance(int state, ReadOnlySpan<byte> path, int start) => 0;

    public bool Accepts(int state, ReadOnlySpan<byte> path) => true;

    public int Expected(int state) => ISubjectTreeFilter.AnyByte;
}

/// <summary>Lets pass what is greater than a subject. State 0: the path is the beginning of it, or all; 1: it is greater.</summary>
internal readonly ref struct AfterFilter(ReadOnlySpan<byte> subject) : ISubjectTreeFilter
{
    private const int IsGreater = 1;
    private readonly ReadOnlySpan<byte> _subject = subject;

    public int Advance(int state, ReadOnlySpan<byte> path, int start)
    {
        if (state == IsGreater) return state;
        int order = path[start..].SequenceCompareTo(_subject[start..Math.Max(start, Math.Min(path.Length, _subject.Length))]);
        return order > 0 ? IsGreater : order == 0 ? 0 : ISubjectTreeFilter.Dead;
    }

    public bool Accepts(int state, ReadOnlySpan<byte> path) => state == IsGreater;

    public int Expected(int state) => ISubjectTreeFilter.AnyByte;
}

/// <summary>
/// Matches a subject with wildcards. A state is the position in the filter, doubled, and one more inside of a token that <c>*</c> stands for; what follows is
/// then decided by the next separator, so that there is never more than one state to be in.
/// </summary>
internal readonly ref struct WildcardFilter(ReadOnlySpan<byte> filter) : ISubjectTreeFilter
{
    private const int Everything = int.MaxValue;
    private readonly ReadOnlySpan<byte> _filter = filter;

    public int Advance(int state, ReadOnlySpan<byte> path, int start)
    {
        ReadOnlySpan<byte> bytes = path[start..];
        while (!bytes.IsEmpty && state != Everything)
        {
            int position = state >> 1;
            if ((state & 1) != 0)
            {
                int end = bytes.IndexOf(Subject.Separator);
                if (end < 0) return state;
                if (position + 1 == _filter.Length) return ISubjectTreeFilter.Dead;
                state = (position + 2) << 1;
                bytes = bytes[(end + 1)..];
                continue;
            }

            if (position == _filter.Length) return ISubjectTreeFilter.Dead;
            if (IsWildcardAt(position))
            {
                // A wildcard stands for at least one byte.
                if (bytes[0] == Subject.Separator) return ISubjectTreeFilter.Dead;
                state = _filter[position] == Subject.FullWildcard ? Everything : state | 1;
            }
            else if (bytes[0] == _filter[position])
            {
                state += 2;
            }
            else
            {
                return ISubjectTreeFilter.Dead;
            }

            bytes = bytes[1..];
        }

        return state;
    }

    public bool Accepts(int state, ReadOnlySpan<byte> path) => state == Everything || (state >> 1) + (state & 1) == _filter.Length;

    public int Expected(int state)
    {
        if (state == Everything || (state & 1) != 0) return ISubjectTreeFilter.AnyByte;
        int position = state >> 1;
        if (position == _filter.Length) return ISubjectTreeFilter.NoByte;
        return IsWildcardAt(position) ? ISubjectTreeFilter.AnyByte : _filter[position];
    }

    private bool IsWildcardAt(int position)
    {
        byte value = _filter[position];
        if (value is not (Subject.PartialWildcard or Subject.FullWildcard)) return false;
        if (position > 0 && _filter[position - 1] != Subject.Separator) return false;
        return position + 1 == _filter.Length || (value == Subject.PartialWildcard && _filter[position + 1] == Subject.Separator);
    }
}

/// <summary>Matches what a sublist has a subscription for.</summary>
internal readonly struct InterestFilter<TItem>(Sublist<TItem> interest) : ISubjectTreeFilter where TItem : class
{
    public int Advance(int state, ReadOnlySpan<byte> path, int start)
    {
        // Only whole tokens can be asked about.
        for (int at = start; at < path.Length; at++)
        {
            if (path[at] == Subject.Separator && !interest.HasInterestBelow(path[..at])) return ISubjectTreeFilter.Dead;
        }

        return 0;
    }

    public bool Accepts(int state, ReadOnlySpan<byte> path) => interest.HasInterest(path);

    public int Expected(int state) => ISubjectTreeFilter.AnyByte;
}

/// <summary>The bytes from the root of a tree to where a walk is.</summary>
internal ref struct SubjectPath
{
    private byte[] _bytes;

    public SubjectPath() => _bytes = ArrayPool<byte>.Shared.Rent(256);

    /// <summary>May be set to go back.</summary>
    public int Length { get; set; }

    public readonly ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        int needed = Length + bytes.Length;
        if (needed > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes.Length * 2));
            Bytes.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        bytes.CopyTo(_bytes.AsSpan(Length));
        Length = needed;
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
}
