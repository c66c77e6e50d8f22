using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;

namespace NATS.Server.Host.Explain;

/// <summary>What a client presents to log in. Immutable.</summary>
internal sealed record NatsLogin
{
    private const string JwtHelp = "no JWT of a user between lines of dashes";

    public static readonly NatsLogin None = new();

    public string User { get; init; } = "";

    public string Password { get; init; } = "";

    public string Token { get; init; } = "";

    /// <summary>A user's claims; empty without.</summary>
    public string Jwt { get; init; } = "";

    /// <summary>Signs the server's nonce; null when nothing is signed.</summary>
    public NkeyPair? Key { get; init; }

    public bool IsNobody => User.Length + Token.Length == 0 && Key is null;

    /// <summary>Reads the files that a login names.</summary>
    /// <param name="source">How one wants to log in.</param>
    /// <param name="readFile">Gives the text of a file.</param>
    /// <exception cref="ExplainException">A file does not hold what it should.</exception>
    public static NatsLogin Read(LoginSource source, Func<string, string> readFile)
    {
        if (source.CredentialsFile.Length > 0)
        {
            string text = readFile(source.CredentialsFile);
            string token = DecoratedText.ExtractToken(text).Trim();
            if (token.Count(static letter => letter == '.') != 2 || token.Any(char.IsWhiteSpace)) throw Unusable(source.CredentialsFile, JwtHelp);
            return new NatsLogin { Jwt = token, Key = FindKey(source.CredentialsFile, text) };
        }

        if (source.NkeyFile.Length > 0) return new NatsLogin { Key = FindKey(source.NkeyFile, readFile(source.NkeyFile)) };
        return new NatsLogin { User = source.User, Password = source.Password, Token = source.Token };
    }

    // Not what the compiler writes: it would show the password.
    public override string ToString() => IsNobody ? "nobody" : "somebody";

    private static NkeyPair FindKey(string path, string text)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (NkeyPair.TryParseSeed(line.Trim(), out NkeyPair? pair) && pair.Role == NkeyRole.User) return pair;
        }

        throw Unusable(path, "no seed of a user, which begins with SU");
    }

    private static ExplainException Unusable(string path, string reason) => new($"{path}: {reason}", ExplainExit.BadArguments);
}
