using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Core.Config;

/// <summary>A parsed configuration, or the first thing that is wrong with its text.</summary>
public sealed class ConfigParseResult
{
    internal ConfigParseResult(ConfigMap root) => Root = root;

    internal ConfigParseResult(string error) => Error = error;

    public ConfigMap? Root { get; }

    /// <summary>The message of the reference, such as <c>Parse error on line 3: '…'</c>.</summary>
    public string? Error { get; }

    public bool TryGetRoot([NotNullWhen(true)] out ConfigMap? root, [NotNullWhen(false)] out string? error)
    {
        root = Root;
        error = Error;
        return root is not null;
    }
}
