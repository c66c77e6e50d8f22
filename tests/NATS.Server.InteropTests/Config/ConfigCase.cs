using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Config;

/// <summary>One case of the corpus; the format is in ConfigCorpus/README.md. Immutable.</summary>
internal sealed class ConfigCase
{
    private ConfigCase(string name) => Name = name;

    public string Name { get; }

    /// <summary>File name to text; the main file is <c>test.conf</c>.</summary>
    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>The reference accepts it, ours needs what is not built.</summary>
    public bool IsUnbuilt { get; private set; }

    /// <summary>Why ours differs; null when it must not.</summary>
    public string? Difference { get; private set; }

    /// <summary>What ours says where it differs.</summary>
    public List<string> Ours { get; } = [];

    /// <summary>All cases, by <c>file: name</c>.</summary>
    public static IReadOnlyDictionary<string, ConfigCase> All { get; } = ReadAll();

    private static Dictionary<string, ConfigCase> ReadAll()
    {
        var cases = new Dictionary<string, ConfigCase>(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(Repository.PathOf("tests", "NATS.Server.InteropTests", "ConfigCorpus"), "*.corpus").Order(StringComparer.Ordinal))
        {
            foreach (var config in Read(File.ReadAllText(path))) cases.Add($"{Path.GetFileNameWithoutExtension(path)}: {config.Name}", config);
        }
        return cases;
    }

    private static IEnumerable<ConfigCase> Read(string text)
    {
        foreach (var section in ("\n" + text).Split("\n=== ").Skip(1))
        {
            var lines = section.TrimEnd('\n').Split('\n');
            var config = new ConfigCase(lines[0]);
            var file = "test.conf";
            var content = new List<string>();
            foreach (var line in lines.Skip(1))
            {
                if (line.StartsWith("--- ", StringComparison.Ordinal))
                {
                    config.Files[file] = Join(content);
                    (file, content) = (line[4..], []);
                }
                else if (!line.StartsWith('@') || !config.ReadDirective(line))
                {
                    content.Add(line);
                }
            }
            config.Files[file] = Join(content);
            yield return config;
        }

        static string Join(List<string> lines) => string.Concat(lines.Select(line => line + "\n"));
    }

    private bool ReadDirective(string line)
    {
        var space = line.IndexOf(' ');
        var (directive, rest) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
        switch (directive)
        {
            case "@env":
                var equals = rest.IndexOf('=');
                Environment[rest[..equals]] = rest[(equals + 1)..];
                return true;
            case "@unbuilt":
                IsUnbuilt = true;
                return true;
            case "@differs":
                Difference = rest;
                return true;
            case "@ours":
                Ours.Add(rest);
                return true;
            default:
                return false;
        }
    }
}
