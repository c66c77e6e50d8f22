namespace NATS.Server.Options;

/// <summary>Server tags: trimmed, in lower case, each once. Pure.</summary>
internal static class TagList
{
    /// <summary>The tags with more of them after them.</summary>
    public static IReadOnlyList<string> Add(IReadOnlyList<string> tags, IEnumerable<string> more) =>
        [.. tags.Concat(more.Select(static tag => tag.Trim().ToLowerInvariant())).Where(static tag => tag.Length > 0).Distinct(StringComparer.Ordinal)];
}
