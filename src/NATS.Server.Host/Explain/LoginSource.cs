namespace NATS.Server.Host.Explain;

/// <summary>How one wants to log in: one way of those, or none. Immutable.</summary>
internal sealed record LoginSource
{
    public static readonly LoginSource None = new();

    public string User { get; init; } = "";

    public string Password { get; init; } = "";

    public string Token { get; init; } = "";

    /// <summary>A file with a token and a seed.</summary>
    public string CredentialsFile { get; init; } = "";

    /// <summary>A file with a seed.</summary>
    public string NkeyFile { get; init; } = "";

    /// <summary>How many ways are named.</summary>
    public int Ways => Count(User) + Count(Token) + Count(CredentialsFile) + Count(NkeyFile);

    // Not what the compiler writes: it would show the password.
    public override string ToString() => $"{Ways} ways to log in";

    private static int Count(string text) => text.Length > 0 ? 1 : 0;
}
