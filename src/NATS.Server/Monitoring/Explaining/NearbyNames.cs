namespace NATS.Server.Monitoring.Explaining;

/// <summary>Names that exist, for who asked for one that does not. Pure.</summary>
internal static class NearbyNames
{
    /// <summary>Names that are told at most.</summary>
    public const int Maximum = 20;

    /// <summary>Those that are most like the one asked for first.</summary>
    public static IReadOnlyList<string> Of(string wanted, IEnumerable<string> known) =>
    [
        .. known.Where(static name => name.Length > 0).Distinct(StringComparer.Ordinal)
            .OrderBy(name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase) ? 0 : 1)
            .ThenByDescending(name => SharedStart(name, wanted))
            .ThenBy(static name => name, StringComparer.Ordinal)
            .Take(Maximum),
    ];

    /// <summary>A sentence that lists names; null when there are none.</summary>
    public static string? Sentence(string what, string wanted, IReadOnlyCollection<string> known)
    {
        IReadOnlyList<string> near = Of(wanted, known);
        if (near.Count == 0) return null;
        string more = known.Count > near.Count ? $", and {known.Count - near.Count} more" : "";
        return $"{what}: {string.Join(", ", near)}{more}.";
    }

    private static int SharedStart(string name, string wanted)
    {
        int shared = 0;
        while (shared < name.Length && shared < wanted.Length && char.ToUpperInvariant(name[shared]) == char.ToUpperInvariant(wanted[shared])) shared++;
        return shared;
    }
}
