using System.Text;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// The one way from a configuration file and flags to <see cref="ServerOptions"/>: used for start, for a check and for every reload.
/// Thread-safe as far as its two delegates are.
/// </summary>
/// <param name="readFile">Reads a configuration or included file by its path.</param>
/// <param name="readEnvironment">Looks up an environment variable; null when it is not set.</param>
public sealed class OptionsLoader(Func<string, ConfigFile> readFile, Func<string, string?> readEnvironment)
{
    private readonly ConfigSources _sources = new(readFile, readEnvironment);

    /// <summary>A loader over the file system and the environment of this process.</summary>
    public static OptionsLoader ForThisProcess { get; } = new(ReadFile, Environment.GetEnvironmentVariable);

    /// <summary>Accept unknown fields at the top level of a file; false reports them as errors.</summary>
    public bool AllowUnknownTopLevelFields { get; init; }

    /// <summary>Loads a file (none when empty), lays the flags over it and fills in the defaults.</summary>
    /// <remarks>What only a start or a reload refuses is for <see cref="OptionsValidator"/>.</remarks>
    public LoadResult Load(string configFile, FlagOverrides flags) => configFile.Length == 0
        ? Finish(new ServerOptions(), "", flags, new OptionsDiagnostics())
        : Read(ConfigParser.ParseFile(configFile, _sources), configFile, flags);

    /// <summary>
    /// Loads a configuration text, for embedders: positions have an empty file name, includes are relative to the working directory, and the options
    /// carry no digest.
    /// </summary>
    public LoadResult LoadText(string configuration, FlagOverrides? flags = null) =>
        Read(ConfigParser.Parse(Encoding.UTF8.GetBytes(configuration), "", _sources), "", flags ?? FlagOverrides.None);

    private LoadResult Read(ConfigParseResult parsed, string file, FlagOverrides flags)
    {
        if (!parsed.TryGetRoot(out var root, out var error)) return new LoadResult { Errors = [error] };
        var diagnostics = new OptionsDiagnostics(readFile);
        var options = OptionsReader.Read(root, file, diagnostics, AllowUnknownTopLevelFields, flags.StoreDir ?? "");
        var digest = ConfigDigest.Of(root);
        return Finish(options with { ConfigFile = file, ConfigDigest = file.Length > 0 ? digest : "" }, digest, flags, diagnostics);
    }

    private static LoadResult Finish(ServerOptions options, string digest, FlagOverrides flags, OptionsDiagnostics diagnostics)
    {
        options = OptionsBaseline.Apply(flags.Apply(options, diagnostics));
        return new LoadResult
        {
            Options = diagnostics.Errors.Count == 0 ? options : null,
            Errors = diagnostics.Errors,
            Warnings = diagnostics.Warnings,
            Digest = digest,
        };
    }

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
