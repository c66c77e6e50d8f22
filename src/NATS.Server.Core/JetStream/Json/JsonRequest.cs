using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>Pure. Reads the JSON of requests as the reference does.</summary>
internal static class JsonRequest
{
    /// <summary>
    /// Reads a request: usually one value; nothing at all is an empty request, and several values are read one over the other. Not strict: what is wrong is
    /// forgiven if it is an unknown property and the only value.
    /// </summary>
    /// <typeparam name="T">The request.</typeparam>
    /// <param name="text">The payload.</param>
    /// <param name="root">What the reference calls the type.</param>
    /// <param name="isStrict">Whether unknown properties are a problem.</param>
    /// <param name="request">What the value is read over; afterwards the request, as far as it was read.</param>
    /// <param name="read">Reads a value over what there is.</param>
    /// <param name="problem">What the reference says after <c>invalid JSON:</c>.</param>
    public static bool TryRead<T>(ReadOnlyMemory<byte> text, string root, bool isStrict, ref T request, Func<JsonCursor, T, T> read, [NotNullWhen(false)] out string? problem)
    {
        problem = ReadValues(text, root, ref request, read);
        if (problem is not null && !isStrict) problem = ReadOnlyValue(text, root, ref request, read);
        return problem is null;
    }

    /// <summary>Reads a request as the reference reads those that bypass its usual reader: exactly one value, unknown properties never matter.</summary>
    /// <typeparam name="T">The request.</typeparam>
    /// <param name="text">The payload.</param>
    /// <param name="root">What the reference calls the type.</param>
    /// <param name="request">What the value is read over; afterwards the request, as far as it was read.</param>
    /// <param name="read">Reads a value over what there is.</param>
    /// <param name="problem">What the reference says after <c>invalid JSON:</c>.</param>
    public static bool TryReadOnly<T>(ReadOnlyMemory<byte> text, string root, ref T request, Func<JsonCursor, T, T> read, [NotNullWhen(false)] out string? problem)
    {
        problem = ReadOnlyValue(text, root, ref request, read);
        return problem is null;
    }

    // Every value, unknown properties are a problem.
    private static string? ReadValues<T>(ReadOnlyMemory<byte> text, string root, ref T request, Func<JsonCursor, T, T> read)
    {
        int position = 0;
        while ((position = JsonSyntax.SkipBlanks(text.Span, position)) < text.Length)
        {
            int end = JsonSyntax.Scan(text.Span, position, out JsonProblem? problem);
            if (problem is not null) return problem == JsonProblem.End ? problem.Text : $"{problem.Text} at offset {problem.Offset}";
            var cursor = new JsonCursor(text[position..end], root, isStrict: true);
            request = read(cursor, request);
            if (cursor.Problem is not null) return cursor.Problem;
            position = end;
        }

        return null;
    }

    // One value, unknown properties are passed over.
    private static string? ReadOnlyValue<T>(ReadOnlyMemory<byte> text, string root, ref T request, Func<JsonCursor, T, T> read)
    {
        int end = JsonSyntax.Scan(text.Span, 0, out JsonProblem? problem);
        if (problem is null)
        {
            int next = JsonSyntax.SkipBlanks(text.Span, end);
            if (next < text.Length) problem = JsonSyntax.Invalid(text.Span, next, "after top-level value");
        }

        if (problem is not null) return problem == JsonProblem.End ? "unexpected end of JSON input" : problem.Text;
        var cursor = new JsonCursor(text[..end], root, isStrict: false);
        request = read(cursor, request);
        return cursor.Problem;
    }
}
