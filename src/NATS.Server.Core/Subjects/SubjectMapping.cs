using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace NATS.Server.Core.Subjects;

/// <summary>One destination of a mapping as it was configured.</summary>
/// <param name="Subject">The destination, with transform functions.</param>
/// <param name="Weight">In percent, 0 to 100.</param>
/// <param name="Cluster">The cluster whose servers use it, or null for those whose cluster has no destinations of its own.</param>
public sealed record MappingDestination(string Subject, int Weight, string? Cluster = null);

/// <summary>What became of a subject that was looked up in the mappings.</summary>
public enum MappingResult
{
    /// <summary>No mapping applies: the subject stays.</summary>
    Unmapped,

    /// <summary>The new subject was written.</summary>
    Mapped,

    /// <summary>The mapping gives up this share of the messages on purpose: nobody receives it.</summary>
    Dropped,
}

/// <summary>A source and the weighted destinations that its messages are spread over. Immutable and thread-safe.</summary>
public sealed class SubjectMapping
{
    private readonly Choice[] _choices;
    private readonly Dictionary<string, Choice[]> _choicesByCluster;

    private SubjectMapping(string source, Choice[] choices, Dictionary<string, Choice[]> choicesByCluster)
    {
        Source = source;
        SourceBytes = Encoding.UTF8.GetBytes(source);
        HasWildcard = Subject.HasWildcard(SourceBytes);
        _choices = choices;
        _choicesByCluster = choicesByCluster;
    }

    public string Source { get; }

    public bool HasWildcard { get; }

    internal byte[] SourceBytes { get; }

    /// <summary>
    /// The destinations in force, with the share that goes to the source itself: those of every cluster first, then those of single clusters by name. Of one
    /// cluster in the order of configuration.
    /// </summary>
    public IEnumerable<MappingDestination> Destinations =>
    [
        .. _choices.Select(static choice => new MappingDestination(choice.Transform.Destination, choice.Weight)),
        .. _choicesByCluster.OrderBy(static entry => entry.Key, StringComparer.Ordinal)
            .SelectMany(static entry => entry.Value.Select(choice => new MappingDestination(choice.Transform.Destination, choice.Weight, entry.Key))),
    ];

    /// <summary>Creates a mapping to one destination.</summary>
    public static bool TryCreate(string source, string destination, [NotNullWhen(true)] out SubjectMapping? mapping, [NotNullWhen(false)] out string? error) =>
        TryCreate(source, [new MappingDestination(destination, 100)], out mapping, out error);

    /// <summary>Creates a mapping.</summary>
    /// <param name="source">A valid subject, perhaps with wildcards.</param>
    /// <param name="destinations">
    /// Where to; no subject twice. What the weights of a cluster lack to 100 goes to the source itself, unless the source is listed: then it is dropped.
    /// </param>
    /// <param name="mapping">Null on an error.</param>
    /// <param name="error">One of <see cref="TransformErrors"/>, in the reference's words.</param>
    public static bool TryCreate(
        string source, IReadOnlyList<MappingDestination> destinations, [NotNullWhen(true)] out SubjectMapping? mapping, [NotNullWhen(false)] out string? error)
    {
        mapping = null;
        if (!Subject.IsValid(Encoding.UTF8.GetBytes(source)))
        {
            error = TransformErrors.BadSubject;
            return false;
        }

        // "" stands for destinations without a cluster.
        var choices = new Dictionary<string, List<Choice>>(StringComparer.Ordinal) { [""] = [] };
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (MappingDestination destination in destinations)
        {
            if (!seen.Add(destination.Subject))
            {
                error = TransformErrors.DuplicateEntry(destination.Subject);
                return false;
            }

            if (destination.Weight is < 0 or > 100)
            {
                error = TransformErrors.IndividualWeight;
                return false;
            }

            string cluster = destination.Cluster ?? "";
            if (!choices.TryGetValue(cluster, out List<Choice>? ofCluster)) choices.Add(cluster, ofCluster = []);
            if (ofCluster.Sum(choice => choice.Weight) + destination.Weight > 100)
            {
                error = TransformErrors.TotalWeight;
                return false;
            }

            if (!SubjectTransform.ValidateMapping(source, destination.Subject, out error)
                || !SubjectTransform.TryCreate(source, destination.Subject, isStrict: false, out SubjectTransform? transform, out error))
            {
                return false;
            }

            if (transform is null)
            {
                // An empty destination; the reference takes it and fails at the first message.
                error = TransformErrors.InvalidDestination;
                return false;
            }

            ofCluster.Add(new Choice(transform, destination.Weight));
        }

        if (!TryAddRest(source, choices.Values, isSourceListed: seen.Contains(source), out error)) return false;
        choices.Remove("", out List<Choice>? everywhere);
        mapping = new SubjectMapping(source, [.. everywhere!], choices.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray(), StringComparer.Ordinal));
        return true;
    }

    /// <summary>Whether a subject is always mapped to the same one: a single destination that chance has no part in.</summary>
    public bool IsFixed(string? cluster) => ChoicesOf(cluster) is [{ Weight: 100, Transform.IsFixed: true }];

    /// <summary>Chooses a destination and writes the new subject.</summary>
    /// <param name="subject">A literal subject that the source matches.</param>
    /// <param name="cluster">The name of this server's cluster, or null.</param>
    /// <param name="random">Chooses among the destinations.</param>
    /// <param name="output">Gets the new subject when the result is <see cref="MappingResult.Mapped"/>.</param>
    public MappingResult Map(ReadOnlySpan<byte> subject, string? cluster, Random random, IBufferWriter<byte> output)
    {
        Choice[] choices = ChoicesOf(cluster);
        if (choices is not [{ Weight: 100 }])
        {
            int drawn = random.Next(100);
            foreach (Choice choice in choices)
            {
                drawn -= choice.Weight;
                if (drawn >= 0) continue;
                choice.Transform.Transform(subject, output, random);
                return MappingResult.Mapped;
            }

            return MappingResult.Dropped;
        }

        choices[0].Transform.Transform(subject, output, random);
        return MappingResult.Mapped;
    }

    private Choice[] ChoicesOf(string? cluster) => cluster is not null && _choicesByCluster.TryGetValue(cluster, out Choice[]? choices) ? choices : _choices;

    private static bool TryAddRest(
        string source, IEnumerable<List<Choice>> choices, bool isSourceListed, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (isSourceListed) return true;
        SubjectTransform? unchanged = null;
        foreach (List<Choice> ofCluster in choices)
        {
            int rest = 100 - ofCluster.Sum(choice => choice.Weight);
            if (rest == 0) continue;

            // Fails when the source itself has what looks like a function.
            if (unchanged is null && !SubjectTransform.TryCreate(source, SubjectTransform.Tokenize(source), isStrict: false, out unchanged, out error))
            {
                return false;
            }

            ofCluster.Add(new Choice(unchanged!, rest));
        }

        error = null;
        return true;
    }

    private readonly record struct Choice(SubjectTransform Transform, int Weight);
}
