using System.Buffers;
using System.Text;

namespace NATS.Server.Core.Subjects;

/// <summary>Pure functions over subjects: dot-separated tokens of bytes, <c>*</c> for one token, a final <c>&gt;</c> for the rest. Thread-safe.</summary>
/// <remarks>
/// A wildcard is a token of exactly one byte: <c>foo*</c> and <c>foo.&gt;&gt;</c> are literals. The verdicts, also for malformed subjects, are those of
/// nats-server, because configuration, permissions and stored data depend on them.
/// </remarks>
public static class Subject
{
    public const byte Separator = (byte)'.';
    public const byte PartialWildcard = (byte)'*';
    public const byte FullWildcard = (byte)'>';

    private static readonly SearchValues<byte> WildcardBytes = SearchValues.Create("*>"u8);
    private static readonly SearchValues<byte> Whitespace = SearchValues.Create(" \t\n\f\r"u8);

    /// <summary>Whether a subscription may use the subject: no empty token, no white space, <c>&gt;</c> only as the last token.</summary>
    public static bool IsValid(ReadOnlySpan<byte> subject) => IsWellFormed(subject) && !subject.ContainsAny(Whitespace);

    /// <summary>
    /// As <see cref="IsValid"/>, and neither a NUL byte, nor malformed UTF-8, nor the replacement character U+FFFD, which tells that text was damaged
    /// earlier. For subjects that come from disk or that operators have to read.
    /// </summary>
    public static bool IsValidText(ReadOnlySpan<byte> subject)
    {
        if (!IsValid(subject) || subject.Contains((byte)0)) return false;
        while (!subject.IsEmpty)
        {
            // A malformed sequence decodes to the replacement character as well.
            Rune.DecodeFromUtf8(subject, out Rune rune, out int length);
            if (rune == Rune.ReplacementChar) return false;
            subject = subject[length..];
        }

        return true;
    }

    /// <summary>Whether the subject has no empty token and no wildcard. White space is not looked at, as in nats-server; see <see cref="IsValidPublish"/>.</summary>
    public static bool IsValidLiteral(ReadOnlySpan<byte> subject) => HasNoEmptyToken(subject) && IsLiteral(subject);

    /// <summary>Whether a client may publish to the subject: <see cref="IsValid"/> and without wildcards.</summary>
    public static bool IsValidPublish(ReadOnlySpan<byte> subject) => IsValid(subject) && IsLiteral(subject);

    /// <summary>Whether no token is a wildcard. Does not check that the subject is valid.</summary>
    public static bool IsLiteral(ReadOnlySpan<byte> subject) => !HasWildcard(subject);

    /// <summary>Whether some token is <c>*</c> or <c>&gt;</c>. Does not check that the subject is valid.</summary>
    public static bool HasWildcard(ReadOnlySpan<byte> subject)
    {
        int start = 0;
        while (true)
        {
            int found = subject[start..].IndexOfAny(WildcardBytes);
            if (found < 0) return false;
            int at = start + found;
            if ((at == 0 || subject[at - 1] == Separator) && (at + 1 == subject.Length || subject[at + 1] == Separator)) return true;
            start = at + 1;
        }
    }

    /// <summary>Whether no token is empty and a <c>&gt;</c> token, if any, is the last: what <see cref="Sublist{T}"/> can store. White space passes.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> subject)
    {
        if (!HasNoEmptyToken(subject)) return false;
        int start = 0;
        while (true)
        {
            int found = subject[start..].IndexOf(FullWildcard);
            if (found < 0) return true;
            int at = start + found;
            if (at + 1 == subject.Length) return true;
            if ((at == 0 || subject[at - 1] == Separator) && subject[at + 1] == Separator) return false;
            start = at + 1;
        }
    }

    /// <summary>The number of tokens: one more than there are separators, 0 for an empty subject.</summary>
    public static int TokenCount(ReadOnlySpan<byte> subject) => subject.IsEmpty ? 0 : subject.Count(Separator) + 1;

    /// <summary>The token at a position, counted from 1. Empty when there is no such token.</summary>
    public static ReadOnlySpan<byte> TokenAt(ReadOnlySpan<byte> subject, int position)
    {
        var tokens = new SubjectTokens(subject);
        for (int i = 1; tokens.MoveNext(); i++)
        {
            if (i == position) return tokens.Current;
        }

        return default;
    }

    /// <summary>Walks the tokens of a subject; an empty subject has one empty token.</summary>
    public static SubjectTokens Tokens(ReadOnlySpan<byte> subject) => new(subject);

    /// <summary>
    /// Whether everything that <paramref name="subject"/> stands for (it may have wildcards) is matched by <paramref name="filter"/>:
    /// <c>foo.*</c> is a subset of <c>&gt;</c>, <c>*.*</c> and <c>foo.*</c>, not of <c>foo.bar</c>. False when a compared token is empty.
    /// </summary>
    public static bool IsSubset(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> filter)
    {
        var filterTokens = new SubjectTokens(filter);
        var tokens = new SubjectTokens(subject);
        while (filterTokens.MoveNext())
        {
            if (!tokens.MoveNext()) return false;
            ReadOnlySpan<byte> theirs = filterTokens.Current;
            ReadOnlySpan<byte> ours = tokens.Current;
            if (theirs.IsEmpty) return false;
            if (IsFullWildcard(theirs)) return true;
            if (ours.IsEmpty || IsFullWildcard(ours)) return false;
            if (IsPartialWildcard(ours))
            {
                if (!IsPartialWildcard(theirs)) return false;
            }

            // nats-server looks at the first byte only: in a filter `*x` matches any one token, though as a subscription it is a literal.
            else if (theirs[0] != PartialWildcard && !ours.SequenceEqual(theirs))
            {
                return false;
            }
        }

        return !tokens.MoveNext();
    }

    /// <summary>Whether the subject is matched by the filter; the name of <see cref="IsSubset"/> where the subject is a literal.</summary>
    public static bool MatchesFilter(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> filter) => IsSubset(subject, filter);

    /// <summary>
    /// Whether a subscription to <paramref name="filter"/> receives what is published to <paramref name="literal"/>, the same verdict as storing the one in
    /// a <see cref="Sublist{T}"/> and matching the other, for well-formed arguments. Unlike <see cref="IsSubset"/>, a filter token such as <c>*x</c> is a literal.
    /// </summary>
    public static bool MatchesLiteral(ReadOnlySpan<byte> literal, ReadOnlySpan<byte> filter)
    {
        var filterTokens = new SubjectTokens(filter);
        var tokens = new SubjectTokens(literal);
        while (filterTokens.MoveNext())
        {
            if (!tokens.MoveNext()) return false;
            if (IsFullWildcard(filterTokens.Current) && filterTokens.IsLast) return true;
            if (!IsPartialWildcard(filterTokens.Current) && !tokens.Current.SequenceEqual(filterTokens.Current)) return false;
        }

        return !tokens.MoveNext();
    }

    /// <summary>Whether some literal subject is matched by both, each of which may have wildcards.</summary>
    public static bool Collide(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.SequenceEqual(second)) return true;
        bool firstIsLiteral = IsLiteral(first);
        bool secondIsLiteral = IsLiteral(second);
        if (firstIsLiteral && secondIsLiteral) return false;
        if (firstIsLiteral) return IsSubset(first, second);
        if (secondIsLiteral) return IsSubset(second, first);

        int firstCount = TokenCount(first);
        int secondCount = TokenCount(second);
        if (firstCount < secondCount && !HasFullWildcard(first)) return false;
        if (secondCount < firstCount && !HasFullWildcard(second)) return false;
        var firstTokens = new SubjectTokens(first);
        var secondTokens = new SubjectTokens(second);
        while (firstTokens.MoveNext() && secondTokens.MoveNext())
        {
            ReadOnlySpan<byte> a = firstTokens.Current;
            ReadOnlySpan<byte> b = secondTokens.Current;
            if (a.IsEmpty || b.IsEmpty) return false;

            // As in IsSubset, nats-server goes by the first byte here.
            if (a[0] is PartialWildcard or FullWildcard || b[0] is PartialWildcard or FullWildcard) continue;
            if (!a.SequenceEqual(b)) return false;
        }

        return true;
    }

    /// <summary>Whether some token is <c>&gt;</c>.</summary>
    public static bool HasFullWildcard(ReadOnlySpan<byte> subject)
    {
        foreach (ReadOnlySpan<byte> token in new SubjectTokens(subject))
        {
            if (IsFullWildcard(token)) return true;
        }

        return false;
    }

    internal static bool IsPartialWildcard(ReadOnlySpan<byte> token) => token.Length == 1 && token[0] == PartialWildcard;

    internal static bool IsFullWildcard(ReadOnlySpan<byte> token) => token.Length == 1 && token[0] == FullWildcard;

    private static bool HasNoEmptyToken(ReadOnlySpan<byte> subject) =>
        !subject.IsEmpty && subject[0] != Separator && subject[^1] != Separator && subject.IndexOf(".."u8) < 0;
}
