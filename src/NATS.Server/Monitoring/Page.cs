namespace NATS.Server.Monitoring;

/// <summary>The part of a list that a request asks for. Pure. Correct for every 64-bit offset and limit, since the sum of the two is never formed.</summary>
/// <param name="Offset">Entries before the page as reported, not limited by the length of the list.</param>
/// <param name="Limit">Entries of the page as reported, at least 1.</param>
internal readonly record struct Page(long Offset, long Limit)
{
    /// <summary>Negative offsets are 0; limits that are not positive are the default.</summary>
    public static Page Of(long offset, long limit, long defaultLimit) => new(Math.Max(offset, 0), limit <= 0 ? defaultLimit : limit);

    /// <summary>The entries of a list of <paramref name="count"/> that are on this page.</summary>
    public (int Start, int Length) Within(int count)
    {
        int start = (int)Math.Min(Offset, count);
        return (start, (int)Math.Min(Limit, count - start));
    }
}
