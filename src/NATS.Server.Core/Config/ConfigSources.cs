namespace NATS.Server.Core.Config;

/// <summary>Where a configuration comes from besides its text.</summary>
/// <param name="ReadFile">Reads an included file; the path is relative to the same place as that of the including file.</param>
/// <param name="ReadEnvironment">Looks up an environment variable; null when it is not set.</param>
public sealed record ConfigSources(Func<string, ConfigFile> ReadFile, Func<string, string?> ReadEnvironment)
{
    /// <summary>No files, no environment.</summary>
    public static ConfigSources None { get; } = new(path => new ConfigFile(default, $"open {path}: no such file or directory"), _ => null);
}
