namespace NATS.Server.Options;

/// <summary>Finds what a mistyped name was probably meant to be. Pure.</summary>
internal static class NameSuggestion
{
    private const int MaxNameLength = 64;

    /// <summary>The known name that needs the fewest edits, at most one for every three characters; null when none is that near.</summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length > MaxNameLength) return null;
        var lower = name.ToLowerInvariant();
        var best = lower.Length / 3 + 1;
        string? nearest = null;
        foreach (var candidate in known)
        {
            if (Math.Abs(candidate.Length - lower.Length) >= best) continue;
            var distance = Distance(lower, candidate);
            if (distance >= best) continue;
            best = distance;
            nearest = candidate;
        }
        return nearest;
    }

    // Insertions, deletions, replacements, and swaps of neighbours.
    private static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= right.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = rows[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[left.Length, right.Length];
    }
}
