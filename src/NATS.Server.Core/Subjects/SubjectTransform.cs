using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// A rule that turns subjects which match a source into others: <c>foo.*.*</c> to <c>bar.$2.{{partition(10,1)}}</c>. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Positions and sizes count bytes of a token. A wildcard index below 1 reads the source's first token, and what the functions do with tokens that are too
/// short is to leave them as they are: both as nats-server does.
/// </remarks>
public sealed class SubjectTransform
{
    private const int InlineTokens = 64;

    private readonly byte[] _source;
    private readonly TransformStep[] _steps;
    private readonly int _tailToken;
    private readonly bool _matchesEverything;
    private readonly bool _isIdentity;

    private SubjectTransform(string source, string destination, TransformStep[] steps)
    {
        Source = source;
        Destination = destination;
        _source = Encoding.UTF8.GetBytes(source);
        _steps = steps;
        _tailToken = Subject.HasFullWildcard(_source) ? Subject.TokenCount(_source) - 1 : -1;
        _matchesEverything = source == ">";
        _isIdentity = _matchesEverything && destination == ">";
    }

    /// <summary>The source, <c>&gt;</c> when none was given.</summary>
    public string Source { get; }

    /// <summary>The destination as it was given.</summary>
    public string Destination { get; }

    /// <summary>Whether a subject is always turned into the same one: without <c>random()</c>.</summary>
    public bool IsFixed => Array.TrueForAll(_steps, static step => step.Kind != TransformKind.Random);

    /// <summary>Creates a transform.</summary>
    /// <param name="source">What it applies to; empty means everything.</param>
    /// <param name="destination">What to make of it; empty means no transform.</param>
    /// <param name="isStrict">For imports: only wildcards, and as many as the source has, so that it can be reversed.</param>
    /// <param name="transform">Null on an error, and also when <paramref name="destination"/> is empty.</param>
    /// <param name="error">One of <see cref="TransformErrors"/>, followed by the token at fault; null when there is none.</param>
    public static bool TryCreate(string source, string destination, bool isStrict, out SubjectTransform? transform, [NotNullWhen(false)] out string? error)
    {
        transform = null;
        error = null;
        if (destination.Length == 0) return true;
        if (source.Length == 0) source = ">";
        int[] wildcards = FindWildcards(source);
        if (!IsWellFormed(source) || !IsWellFormed(destination) || FindWildcards(destination).Length > 0 || EndsInFullWildcard(source) != EndsInFullWildcard(destination))
        {
            error = TransformErrors.BadSubject;
            return false;
        }

        var steps = new StepBuilder(wildcards, hasWildcards: wildcards.Length > 0 || EndsInFullWildcard(source), isStrict);
        foreach (string token in destination.Split('.'))
        {
            if (!steps.TryAdd(token, out error)) return false;
        }

        if (isStrict && steps.WildcardsRead < wildcards.Length)
        {
            error = TransformErrors.In(destination, TransformErrors.NotUsingAllWildcards);
            return false;
        }

        transform = new SubjectTransform(source, destination, steps.Build());
        return true;
    }

    /// <summary>Checks the destination of an account's mapping; stricter than <see cref="TryCreate"/> about white space.</summary>
    /// <param name="source">The mapping's source.</param>
    /// <param name="destination">The mapping's destination; empty passes.</param>
    /// <param name="error">One of <see cref="TransformErrors"/>, followed by the token at fault; null when there is none.</param>
    public static bool ValidateMapping(string source, string destination, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (destination.Length == 0) return true;
        bool ended = false;
        foreach (string token in destination.Split('.'))
        {
            if (token.Length == 0 || ended)
            {
                error = TransformErrors.In(token, TransformErrors.InvalidDestination);
                return false;
            }

            if (TransformFunction.LooksLikeCall(token))
            {
                if (TransformFunction.IsKnownCall(token)) continue;
                error = TransformErrors.In(token, TransformErrors.UnknownFunction);
                return false;
            }

            ended = token == ">";
            if (token.AsSpan().ContainsAny("\t\n\f\r "))
            {
                error = TransformErrors.InvalidDestination;
                return false;
            }
        }

        return TryCreate(source, destination, isStrict: false, out _, out error);
    }

    /// <summary>Names the wildcards of a subject in order: <c>foo.*.*</c> becomes <c>foo.$1.$2</c>.</summary>
    public static string Tokenize(string subject)
    {
        int index = 0;
        return string.Join('.', subject.Split('.').Select(token => token == "*" ? $"${++index}" : token));
    }

    /// <summary>The filter of what a destination produces, and its placeholders in order: <c>foo.$2.$1</c> becomes <c>foo.*.*</c> with <c>$2</c> and <c>$1</c>.</summary>
    public static (string Filter, IReadOnlyList<string> Placeholders) Untokenize(string destination)
    {
        List<string> placeholders = [];
        string[] tokens = destination.Split('.');
        for (int i = 0; i < tokens.Length; i++)
        {
            if (!TransformFunction.IsWildcardPlaceholder(tokens[i])) continue;
            placeholders.Add(tokens[i]);
            tokens[i] = "*";
        }

        return (string.Join('.', tokens), placeholders);
    }

    /// <summary>An upper bound of the length of what a subject of a length is turned into.</summary>
    public int MaxLength(int subjectLength)
    {
        int length = _tailToken < 0 ? 0 : subjectLength;
        foreach (TransformStep step in _steps)
        {
            length = checked(length + step.MaxLength(subjectLength));
        }

        return length;
    }

    /// <summary>Whether a literal subject is one that this transform applies to.</summary>
    public bool Matches(ReadOnlySpan<byte> subject) =>
        _isIdentity || (Subject.IsValidLiteral(subject) && (_matchesEverything || Subject.IsSubset(subject, _source)));

    /// <summary>Transforms a subject that matches.</summary>
    /// <param name="subject">A literal subject.</param>
    /// <param name="output">Gets the new subject; untouched when the result is false.</param>
    /// <param name="random">Where <c>random()</c> gets its numbers.</param>
    /// <returns>False when the subject does not match the source or is no valid literal.</returns>
    public bool TryTransform(ReadOnlySpan<byte> subject, IBufferWriter<byte> output, Random random)
    {
        if (!Matches(subject)) return false;
        Transform(subject, output, random);
        return true;
    }

    /// <summary>Transforms a subject without a look at whether it matches; wildcards of the source that it has no token for become nothing.</summary>
    public void Transform(ReadOnlySpan<byte> subject, IBufferWriter<byte> output, Random random)
    {
        Span<byte> memory = output.GetSpan(Math.Max(1, MaxLength(subject.Length)));
        output.Advance(Write(subject, memory, random));
    }

    /// <summary>Transforms a subject into memory of at least <see cref="MaxLength"/>, without a look at whether it matches.</summary>
    /// <param name="subject">A literal subject.</param>
    /// <param name="destination">Gets the new subject.</param>
    /// <param name="random">Where <c>random()</c> gets its numbers.</param>
    /// <returns>The length of the new subject.</returns>
    public int Transform(ReadOnlySpan<byte> subject, Span<byte> destination, Random random) => Write(subject, destination, random);

    /// <summary>Transforms a subject that matches; null when it does not. For cold paths.</summary>
    public string? Transform(string subject, Random random)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(subject);
        if (!Matches(bytes)) return null;
        byte[] output = new byte[MaxLength(bytes.Length)];
        return Encoding.UTF8.GetString(output, 0, Write(bytes, output, random));
    }

    /// <summary>The transform that undoes this one. Null when it does more than to move each wildcard of its source to one place.</summary>
    public SubjectTransform? Reverse()
    {
        string[] destination = Destination.Split('.');
        string[] source = Source.Split('.');
        int[] wildcards = FindWildcards(Source);
        int placed = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            if (TransformFunction.Parse(destination[i], out _) is not { Kind: not TransformKind.Literal } function) continue;
            if (function.Kind != TransformKind.Wildcard || function.Wildcards[0] < 1) return null;
            int at = wildcards[function.Wildcards[0] - 1];
            if (source[at] != "*") return null;
            source[at] = $"${++placed}";
            destination[i] = "*";
        }

        if (placed != wildcards.Length) return null;
        TryCreate(string.Join('.', destination), string.Join('.', source), isStrict: true, out SubjectTransform? reverse, out _);
        return reverse;
    }

    [SkipLocalsInit]
    private int Write(ReadOnlySpan<byte> subject, Span<byte> memory, Random random)
    {
        var writer = new SubjectWriter(memory);
        if (_steps is [{ Kind: TransformKind.Literal }] && _tailToken < 0)
        {
            writer.Write(_steps[0].Text);
            return writer.Length;
        }

        int count = Subject.TokenCount(subject);
        int[]? rented = count < InlineTokens ? null : ArrayPool<int>.Shared.Rent(count + 1);
        Span<int> bounds = (rented ?? stackalloc int[InlineTokens])[..(count + 1)];
        int at = 0;
        bounds[0] = 0;
        for (int i = 0; i < count; i++)
        {
            int length = subject[at..].IndexOf(Subject.Separator);
            at = length < 0 ? subject.Length + 1 : at + length + 1;
            bounds[i + 1] = at;
        }

        foreach (TransformStep step in _steps)
        {
            step.Write(ref writer, subject, bounds, random);
        }

        if (_tailToken >= 0 && _tailToken < count) writer.Write(subject[bounds[_tailToken]..]);
        if (rented is not null) ArrayPool<int>.Shared.Return(rented);
        return writer.Length;
    }

    private static bool IsWellFormed(string subject) => Subject.IsWellFormed(Encoding.UTF8.GetBytes(subject));

    private static bool EndsInFullWildcard(string subject) => subject == ">" || subject.EndsWith(".>", StringComparison.Ordinal);

    private static int[] FindWildcards(string subject)
    {
        string[] tokens = subject.Split('.');
        return [.. Enumerable.Range(0, tokens.Length).Where(i => tokens[i] == "*")];
    }

    /// <summary>Gathers the steps of a destination, literals that follow each other in one.</summary>
    private sealed class StepBuilder(int[] wildcards, bool hasWildcards, bool isStrict)
    {
        private readonly List<TransformStep> _steps = [];
        private readonly StringBuilder _literal = new();
        private bool _isFirst = true;

        public int WildcardsRead { get; private set; }

        public bool TryAdd(string token, [NotNullWhen(false)] out string? error)
        {
            if (TransformFunction.Parse(token, out error) is not { } function)
            {
                error ??= TransformErrors.InvalidDestination;
                return false;
            }

            if (!_isFirst) _literal.Append('.');
            _isFirst = false;
            if (function.Kind == TransformKind.Literal)
            {
                // What the full wildcard stands for is written after the last step.
                if (token != ">") _literal.Append(token);
                return true;
            }

            if (!hasWildcards)
            {
                if (function.Kind is not (TransformKind.Partition or TransformKind.Random))
                {
                    error = TransformErrors.In(token, TransformErrors.IndexOutOfRange);
                    return false;
                }

                // Wildcards that the source does not have are not looked at: the partition is that of the whole subject.
                function = function with { Wildcards = [] };
            }
            else if (isStrict && function.Kind != TransformKind.Wildcard)
            {
                error = TransformErrors.In(token, TransformErrors.NotSupportedForImport);
                return false;
            }

            foreach (long index in function.Wildcards)
            {
                if (index <= wildcards.Length) continue;
                error = TransformErrors.In($"{token}: [{index}]", TransformErrors.IndexOutOfRange);
                return false;
            }

            WildcardsRead += function.Wildcards.Length;
            FlushLiteral();
            int[] tokens = [.. function.Wildcards.Select(index => index < 1 ? 0 : wildcards[index - 1])];
            _steps.Add(new TransformStep(function.Kind, tokens, function.Number, Encoding.UTF8.GetBytes(function.Text)));
            return true;
        }

        public TransformStep[] Build()
        {
            FlushLiteral();
            return [.. _steps];
        }

        private void FlushLiteral()
        {
            if (_literal.Length == 0) return;
            _steps.Add(new TransformStep(TransformKind.Literal, [], 0, Encoding.UTF8.GetBytes(_literal.ToString())));
            _literal.Clear();
        }
    }
}
