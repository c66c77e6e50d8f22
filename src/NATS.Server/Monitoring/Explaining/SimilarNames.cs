using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What there is instead of something that does not exist. Pure.</summary>
internal static class SimilarNames
{
    /// <summary>No more are told.</summary>
    public const int Maximum = 20;

    // A typing error is not looked for among more.
    private const int MaximumCompared = 10_000;

    /// <summary>The names that there are, the most similar ones first; at most <see cref="Maximum"/>.</summary>
    public static IReadOnlyList<string> Of(string wanted, IReadOnlyCollection<string> known)
    {
        string? nearest = known.Count <= MaximumCompared ? Nearest(wanted, known) : null;
        return [.. known.OrderBy(name => RankOf(wanted, name, nearest)).ThenBy(static name => name, StringComparer.Ordinal).Take(Maximum)];
    }

    /// <summary>The one that was probably meant; null when none is that near.</summary>
    public static string? Nearest(string wanted, IReadOnlyCollection<string> known)
    {
        string? nearest = NameSuggestion.Nearest(wanted, known.Select(static name => name.ToLowerInvariant()));
        return nearest is null ? null : known.FirstOrDefault(name => name.Equals(nearest, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>As findings, each with a name.</summary>
    public static IEnumerable<Finding> Findings(string wanted, IReadOnlyCollection<string> known, Func<string, Finding> describe)
    {
        foreach (string name in Of(wanted, known)) yield return describe(name);
        if (known.Count > Maximum) yield return new Finding { Kind = "left_out", Text = $"and {StandingText.Number((long)known.Count - Maximum)} more", Value = known.Count - Maximum };
    }

    /// <summary>A sentence that lists names, each once; null when there are none.</summary>
    public static string? Sentence(string what, string wanted, IEnumerable<string> known)
    {
        string[] names = [.. known.Where(static name => name.Length > 0).Distinct(StringComparer.Ordinal)];
        if (names.Length == 0) return null;
        string more = names.Length > Maximum ? $", and {StandingText.Number((long)names.Length - Maximum)} more" : "";
        return $"{what}: {string.Join(", ", Of(wanted, names))}{more}.";
    }

    private static int RankOf(string wanted, string name, string? nearest) =>
        name.Equals(wanted, StringComparison.OrdinalIgnoreCase) ? 0
        : name == nearest ? 1
        : name.Contains(wanted, StringComparison.OrdinalIgnoreCase) || wanted.Contains(name, StringComparison.OrdinalIgnoreCase) ? 2
        : 3;
}
