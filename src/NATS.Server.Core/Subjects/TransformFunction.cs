namespace NATS.Server.Core.Subjects;

/// <summary>What one token of a transform's destination does.</summary>
internal enum TransformKind
{
    /// <summary>Stands for itself.</summary>
    Literal,
    Wildcard,
    Partition,
    Random,
    SplitFromLeft,
    SplitFromRight,
    SliceFromLeft,
    SliceFromRight,
    Split,
    Left,
    Right,
}

/// <summary>A destination token as it was written: the function and its arguments, wildcards still counted in the source's <c>*</c> tokens.</summary>
/// <param name="Kind">The function.</param>
/// <param name="Wildcards">Which wildcards it reads, counted from 1.</param>
/// <param name="Number">Partitions, bound, position or size.</param>
/// <param name="Text">The separator of <see cref="TransformKind.Split"/>.</param>
internal sealed record TransformFunction(TransformKind Kind, long[] Wildcards, int Number, string Text)
{
    private const string Whitespace = " \t\n\f\r";

    private static readonly TransformFunction Literal = new(TransformKind.Literal, [], 0, "");

    // Upper-case letters may be written either way, the others may not. The order decides when one token holds two calls.
    private static readonly (string Name, TransformKind Kind)[] Names =
    [
        ("Wildcard", TransformKind.Wildcard),
        ("Partition", TransformKind.Partition),
        ("SplitFromLeft", TransformKind.SplitFromLeft),
        ("SplitFromRight", TransformKind.SplitFromRight),
        ("SliceFromLeft", TransformKind.SliceFromLeft),
        ("SliceFromRight", TransformKind.SliceFromRight),
        ("Right", TransformKind.Right),
        ("Left", TransformKind.Left),
        ("Split", TransformKind.Split),
        ("Random", TransformKind.Random),
    ];

    /// <summary>Reads a destination token: <c>$N</c>, <c>{{function(arguments)}}</c>, or anything else, which stands for itself.</summary>
    /// <returns>Null with the <paramref name="error"/> when the token looks like a function and is none.</returns>
    public static TransformFunction? Parse(string token, out string? error)
    {
        error = null;
        if (token.Length > 1 && token[0] == '$')
        {
            // Tokens such as $JS are common: what is no number is no error.
            return TryParseNumber(token[1..], out long index) ? new TransformFunction(TransformKind.Wildcard, [index], 0, "") : Literal;
        }

        if (!LooksLikeCall(token)) return Literal;
        foreach ((string name, TransformKind kind) in Names)
        {
            if (FindArguments(token, name) is not { } arguments) continue;
            return Parse(kind, arguments, out error) ?? Fail(error!, token, out error);
        }

        return Fail(TransformErrors.UnknownFunction, token, out error);
    }

    /// <summary>Whether a token has the braces of a function call, be it a known one or not.</summary>
    public static bool LooksLikeCall(string token) =>
        token.Length > 4 && token.StartsWith("{{", StringComparison.Ordinal) && token.EndsWith("}}", StringComparison.Ordinal);

    /// <summary>Whether a known function is called somewhere in the token, whatever its arguments.</summary>
    public static bool IsKnownCall(string token) => Names.Any(function => FindArguments(token, function.Name) is not null);

    /// <summary>Whether the token stands for exactly one wildcard of the source, in either notation.</summary>
    public static bool IsWildcardPlaceholder(string token) =>
        (token.Length > 1 && token[0] == '$' && token[1] is >= '1' and <= '9')
        || (FindArguments(token, "Wildcard") is [_, ..] arguments && SplitArguments(arguments).Length == 1);

    private static TransformFunction? Parse(TransformKind kind, string written, out string? error)
    {
        string[] arguments = SplitArguments(written);
        error = null;
        switch (kind)
        {
            case TransformKind.Wildcard:
                if (arguments.Length > 1) return Fail(TransformErrors.TooManyArguments, out error);
                if (arguments[0].Length == 0) return Fail(TransformErrors.NotEnoughArguments, out error);
                return TryParseIndex(arguments[0], out long index)
                    ? new TransformFunction(kind, [index], 0, "")
                    : Fail(TransformErrors.InvalidArgument, out error);

            case TransformKind.Random when arguments.Length != 1:
                return Fail(TransformErrors.NotEnoughArguments, out error);

            case TransformKind.Partition or TransformKind.Random:
                if (!TryParseIndex(arguments[0], out long bound) || bound > int.MaxValue) return Fail(TransformErrors.InvalidArgument, out error);
                long[] wildcards = new long[arguments.Length - 1];
                for (int i = 0; i < wildcards.Length; i++)
                {
                    if (!TryParseIndex(arguments[i + 1], out wildcards[i])) return Fail(TransformErrors.InvalidArgument, out error);
                }

                return new TransformFunction(kind, wildcards, unchecked((int)bound), "");

            default:
                if (arguments.Length < 2) return Fail(TransformErrors.NotEnoughArguments, out error);
                if (arguments.Length > 2) return Fail(TransformErrors.TooManyArguments, out error);
                if (!TryParseIndex(arguments[0], out long token)) return Fail(TransformErrors.InvalidArgument, out error);
                if (kind == TransformKind.Split)
                {
                    return arguments[1].AsSpan().ContainsAny(' ', '.')
                        ? Fail(TransformErrors.InvalidArgument, out error)
                        : new TransformFunction(kind, [token], 0, arguments[1]);
                }

                return TryParseIndex(arguments[1], out long number) && number is >= int.MinValue and <= int.MaxValue
                    ? new TransformFunction(kind, [token], (int)number, "")
                    : Fail(TransformErrors.InvalidArgument, out error);
        }
    }

    private static TransformFunction? Fail(string problem, out string? error)
    {
        error = problem;
        return null;
    }

    private static TransformFunction? Fail(string problem, string token, out string? error) => Fail(TransformErrors.In(token, problem), out error);

    // `{{ name (arguments) }}` anywhere in the token; the arguments reach to the last parenthesis that the braces follow.
    private static string? FindArguments(string token, string name)
    {
        for (int at = token.IndexOf("{{", StringComparison.Ordinal); at >= 0; at = token.IndexOf("{{", at + 1, StringComparison.Ordinal))
        {
            int open = SkipWhitespace(token, at + 2);
            if (!IsNamed(token.AsSpan(open), name)) continue;
            open = SkipWhitespace(token, open + name.Length);
            if (open == token.Length || token[open] != '(') continue;
            int lineEnd = token.IndexOf('\n', open);
            for (int close = (lineEnd < 0 ? token.Length : lineEnd) - 1; close > open; close--)
            {
                if (token[close] == ')' && token.AsSpan(SkipWhitespace(token, close + 1)).StartsWith("}}")) return token[(open + 1)..close];
            }
        }

        return null;
    }

    private static bool IsNamed(ReadOnlySpan<char> text, string name)
    {
        if (text.Length < name.Length) return false;
        for (int i = 0; i < name.Length; i++)
        {
            if (text[i] != name[i] && !(char.IsAsciiLetterUpper(name[i]) && text[i] == char.ToLowerInvariant(name[i]))) return false;
        }

        return true;
    }

    private static int SkipWhitespace(string text, int at)
    {
        while (at < text.Length && Whitespace.Contains(text[at]))
        {
            at++;
        }

        return at;
    }

    private static string[] SplitArguments(string arguments)
    {
        string[] parts = arguments.Split(',');
        for (int i = 1; i < parts.Length; i++)
        {
            parts[i] = parts[i][SkipWhitespace(parts[i], 0)..];
        }

        return parts;
    }

    private static bool TryParseIndex(string text, out long value) => TryParseNumber(text.Trim(' '), out value);

    private static bool TryParseNumber(string text, out long value) =>
        long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out value);
}
