namespace NATS.Server.Core.Jwt;

/// <summary>Files that hold a token between lines of dashes, as tools write them. Pure.</summary>
public static class DecoratedText
{
    private const string Dashes = "---";

    /// <summary>The first token between lines of dashes; the whole text when there are none.</summary>
    public static string ExtractToken(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i + 2 < lines.Length; i++)
        {
            string body = WithoutReturn(lines[i + 1]);
            if (EndsDecorated(WithoutReturn(lines[i])) && IsBody(body) && StartsDecorated(WithoutReturn(lines[i + 2]))) return body;
        }

        return text;
    }

    private static string WithoutReturn(string line) => line.EndsWith('\r') ? line[..^1] : line;

    private static bool IsBody(string line) => line.Length > 0 && line.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '=');

    private static bool EndsDecorated(string line)
    {
        int first = line.IndexOf(Dashes, StringComparison.Ordinal);
        return line.EndsWith(Dashes, StringComparison.Ordinal) && line.Length - first >= 2 * Dashes.Length;
    }

    private static bool StartsDecorated(string line) => line.StartsWith(Dashes, StringComparison.Ordinal) && EndsDecorated(line);
}
