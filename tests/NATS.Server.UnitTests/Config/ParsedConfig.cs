using System.Text;
using NATS.Server.Core.Config;

namespace NATS.Server.UnitTests.Config;

/// <summary>Parses texts with files and an environment in memory, and shows the result as one line.</summary>
internal static class ParsedConfig
{
    public static ConfigParseResult Parse(string text, IReadOnlyDictionary<string, string>? files = null, IReadOnlyDictionary<string, string>? environment = null) =>
        ConfigParser.Parse(Encoding.UTF8.GetBytes(text), "test.conf", Sources(files, environment));

    public static ConfigSources Sources(IReadOnlyDictionary<string, string>? files, IReadOnlyDictionary<string, string>? environment) => new(
        path => files is not null && files.TryGetValue(path, out var text)
            ? new ConfigFile(Encoding.UTF8.GetBytes(text))
            : new ConfigFile(default, $"open {path}: no such file or directory"),
        name => environment?.GetValueOrDefault(name));

    /// <summary>The tree as <c>{a: 1, b: [x, true]}</c>, or the error after an exclamation mark.</summary>
    public static string Show(string text, IReadOnlyDictionary<string, string>? files = null, IReadOnlyDictionary<string, string>? environment = null) =>
        Parse(text, files, environment) is { Root: { } root } ? Show((object)root) : "!" + Parse(text, files, environment).Error;

    private static string Show(object content) => content switch
    {
        string text => text.Replace("\n", "\\n").Replace("\t", "\\t"),
        ConfigArray array => $"[{string.Join(", ", array.Select(item => Show(item.Content)))}]",
        ConfigMap map => $"{{{string.Join(", ", map.Select(pair => $"{pair.Key}: {Show(pair.Value.Content)}"))}}}",
        bool isTrue => isTrue ? "true" : "false",
        DateTime time => time.ToString("O"),
        _ => FormattableString.Invariant($"{content}#"),
    };
}
