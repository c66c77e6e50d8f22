namespace NATS.Server.Core.Subjects;

/// <summary>
/// Which other subjects match what a subject matches: where nothing but wildcards follows in the index, the tokens from there on do not matter. It spares
/// the subjects that are used once, such as those of replies and acknowledgements, their own walk.
/// </summary>
/// <param name="Length">Bytes of the subject that others have to start with, whole tokens with the separator behind them; 0: none but the subject itself.</param>
/// <param name="IsOneToken">One more token has to follow; else one or more.</param>
public readonly record struct SharedMatch(int Length, bool IsOneToken)
{
    /// <summary>Whether a subject belongs to them.</summary>
    /// <param name="prefix">What they start with.</param>
    /// <param name="subject">The subject.</param>
    public bool Covers(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> subject)
    {
        if (subject.Length <= prefix.Length || !subject.StartsWith(prefix)) return false;
        ReadOnlySpan<byte> rest = subject[prefix.Length..];
        if (IsOneToken) return !rest.Contains(Subject.Separator);

        // A subject with an empty token matches nothing.
        return rest[0] != Subject.Separator && rest[^1] != Subject.Separator && rest.IndexOf(".."u8) < 0;
    }
}
