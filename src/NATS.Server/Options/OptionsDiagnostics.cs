using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// Collects everything that is wrong with a configuration, so that one run tells all of it, and reads the files that values name. One owner.
/// </summary>
internal sealed class OptionsDiagnostics(Func<string, ConfigFile>? readFile = null)
{
    private readonly List<string> _errors = [];
    private readonly List<string> _warnings = [];

    public IReadOnlyList<string> Errors => _errors;
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Reads a file that a value names.</summary>
    public ConfigFile ReadFile(string path) => (readFile ?? ConfigSources.None.ReadFile)(path);

    /// <summary>Adds an error without a position.</summary>
    public void Error(string reason) => _errors.Add(reason);

    public void Error(ConfigPosition position, string reason) => _errors.Add($"{position}: {reason}");

    /// <summary>Adds what others collected, of the errors only the first ones.</summary>
    public void Take(OptionsDiagnostics others, int maxErrors)
    {
        _errors.AddRange(others._errors.Take(maxErrors));
        _warnings.AddRange(others._warnings);
    }

    /// <summary>Adds a warning without a position.</summary>
    public void Warn(string reason) => _warnings.Add(reason);

    /// <summary>Warns of a field that is used in a way it should not be.</summary>
    public void WarnOfUse(ConfigPosition position, string field, string reason) =>
        _warnings.Add($"{position}: invalid use of field {GoFormat.Quote(field)}: {reason}");

    /// <summary>Reports a name that a block does not know, with the nearest one that it does.</summary>
    /// <param name="position">Where the name is.</param>
    /// <param name="name">The name as written.</param>
    /// <param name="known">The names of the block, in lower case.</param>
    /// <param name="format">Makes the message of the block from the quoted name.</param>
    public void Unknown(ConfigPosition position, string name, IEnumerable<string> known, Func<string, string> format)
    {
        var suggestion = NameSuggestion.Nearest(name, known);
        Error(position, format(GoFormat.Quote(name)) + (suggestion is null ? "" : $", did you mean {GoFormat.Quote(suggestion)}?"));
    }
}
