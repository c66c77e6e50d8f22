using System.Text.RegularExpressions;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Docs;

/// <summary>The configurations of docs/SECURING.md. Immutable.</summary>
internal static partial class SecuringGuide
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> All = new(Read);

    /// <summary>The checked configurations by the name in the comment before them.</summary>
    public static IReadOnlyDictionary<string, string> Configurations => All.Value;

    [GeneratedRegex(@"<!-- checked: (?<name>[a-z-]+) -->\r?\n```\r?\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    private static Dictionary<string, string> Read() =>
        Block().Matches(File.ReadAllText(Repository.PathOf("docs", "SECURING.md"))).ToDictionary(
            static match => match.Groups["name"].Value, static match => match.Groups["text"].Value, StringComparer.Ordinal);
}
