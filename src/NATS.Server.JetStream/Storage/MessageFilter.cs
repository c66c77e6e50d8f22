using NATS.Server.Core.Subjects;

namespace NATS.Server.JetStream.Storage;

/// <summary>Any thread, immutable. Which messages are meant: all, those of one subject or wildcard, or those of any of several.</summary>
public sealed class MessageFilter
{
    /// <summary>Every message.</summary>
    public static readonly MessageFilter All = new([], null);

    private static readonly object Interested = new();
    private readonly byte[] _filter;
    private readonly Sublist<object>? _many;

    private MessageFilter(byte[] filter, Sublist<object>? many)
    {
        _filter = filter;
        _many = many;
        IsAll = many is null && (filter.Length == 0 || filter is [Core.Subjects.Subject.FullWildcard]);
        IsLiteral = many is null && !IsAll && Core.Subjects.Subject.IsLiteral(filter);
    }

    public bool IsAll { get; }

    /// <summary>One subject without wildcards.</summary>
    public bool IsLiteral { get; }

    /// <summary>The one filter; empty for all and for several.</summary>
    public ReadOnlySpan<byte> Subject => _filter;

    /// <summary>One subject or wildcard; all when it is empty or ">".</summary>
    public static MessageFilter Of(ReadOnlySpan<byte> filter) => filter.IsEmpty || filter.SequenceEqual(">"u8) ? All : new MessageFilter(filter.ToArray(), null);

    /// <summary>Any of several, which may overlap; all when there is none or one of them is ">".</summary>
    public static MessageFilter OfAny(IReadOnlyCollection<byte[]> filters)
    {
        if (filters.Count == 0) return All;
        if (filters.Count == 1) return Of(filters.First());
        var many = new Sublist<object>();
        foreach (byte[] filter in filters)
        {
            if (filter is [] or [Core.Subjects.Subject.FullWildcard]) return All;
            many.Insert(filter, null, Interested);
        }

        return new MessageFilter([], many);
    }

    /// <summary>Whether a literal subject is meant.</summary>
    public bool Matches(ReadOnlySpan<byte> subject)
    {
        if (IsAll) return true;
        if (_many is not null) return _many.HasInterest(subject);
        return IsLiteral ? subject.SequenceEqual(_filter) : Core.Subjects.Subject.MatchesLiteral(subject, _filter);
    }

    /// <summary>Walks the entries of a tree whose subjects are meant, in the tree's order. False when the visitor stopped.</summary>
    public bool Visit<T>(SubjectTree<T> tree, SubjectTreeVisitor<T> visit)
    {
        if (IsAll) return tree.ForEach(visit);
        return _many is not null ? tree.Match(_many, visit) : tree.Match(_filter, visit);
    }
}
