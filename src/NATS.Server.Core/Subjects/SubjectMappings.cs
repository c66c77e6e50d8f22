using System.Buffers;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// The mappings of an account. A literal source is tried before those with wildcards, and those in the order they were given. Immutable and thread-safe:
/// a reload makes a new set.
/// </summary>
public sealed class SubjectMappings
{
    private readonly Dictionary<byte[], SubjectMapping> _literals = new(ByteStringComparer.Instance);
    private readonly SubjectMapping[] _wildcards;
    private readonly SubjectMapping[] _all;

    /// <summary>Creates a set.</summary>
    /// <param name="mappings">Of two with the same source the later counts.</param>
    public SubjectMappings(IEnumerable<SubjectMapping> mappings)
    {
        List<SubjectMapping> all = [];
        Dictionary<string, int> positions = new(StringComparer.Ordinal);
        foreach (SubjectMapping mapping in mappings)
        {
            if (positions.TryAdd(mapping.Source, all.Count)) all.Add(mapping);
            else all[positions[mapping.Source]] = mapping;
        }

        _all = [.. all];
        _wildcards = [.. all.Where(mapping => mapping.HasWildcard)];
        foreach (SubjectMapping mapping in all.Where(mapping => !mapping.HasWildcard))
        {
            _literals.Add(mapping.SourceBytes, mapping);
        }
    }

    /// <summary>The set without mappings.</summary>
    public static SubjectMappings Empty { get; } = new([]);

    public bool IsEmpty => _all.Length == 0;

    /// <summary>Every mapping, in the order given. Leaf nodes need interest in their sources.</summary>
    public IReadOnlyList<SubjectMapping> All => _all;

    /// <summary>The mapping that applies to a literal subject, or null.</summary>
    public SubjectMapping? Find(ReadOnlySpan<byte> subject)
    {
        if (_literals.Count > 0 && _literals.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(subject, out SubjectMapping? literal)) return literal;
        foreach (SubjectMapping mapping in _wildcards)
        {
            if (Subject.IsSubset(subject, mapping.SourceBytes)) return mapping;
        }

        return null;
    }

    /// <summary>Maps a literal subject.</summary>
    /// <param name="subject">What was published to.</param>
    /// <param name="cluster">The name of this server's cluster, or null.</param>
    /// <param name="random">Chooses among weighted destinations.</param>
    /// <param name="output">Gets the new subject when the result is <see cref="MappingResult.Mapped"/>; nothing is allocated but what it allocates.</param>
    public MappingResult Map(ReadOnlySpan<byte> subject, string? cluster, Random random, IBufferWriter<byte> output) =>
        Find(subject) is { } mapping ? mapping.Map(subject, cluster, random, output) : MappingResult.Unmapped;

    /// <summary>The set with one mapping added, or replaced when its source is there.</summary>
    public SubjectMappings With(SubjectMapping mapping) => new([.. _all, mapping]);

    /// <summary>The set without the mapping of a source.</summary>
    public SubjectMappings Without(string source) => new(_all.Where(mapping => mapping.Source != source));
}
