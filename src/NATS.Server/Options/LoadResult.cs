namespace NATS.Server.Options;

/// <summary>What came of loading a configuration. Immutable.</summary>
public sealed record LoadResult
{
    /// <summary>The options with flags and defaults applied; null when there is an error.</summary>
    public ServerOptions? Options { get; init; }

    /// <summary>Everything that is wrong, in the order of the file; each text starts with <c>file:line:column: </c> where a position is known.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>What an operator should look at; a server starts with warnings, while a check (<c>-t</c>) fails.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Digest of the parsed file, <c>sha256:…</c>; empty without a file or when it could not be parsed.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Warnings, then errors, one a line, each line ended: what the reference prints.</summary>
    public string Report => string.Concat(Warnings.Concat(Errors).Select(text => text + "\n"));
}
