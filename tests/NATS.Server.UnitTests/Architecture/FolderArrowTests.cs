using System.Text.RegularExpressions;
using Xunit;

namespace NATS.Server.UnitTests.Architecture;

/// <summary>Which folder may use which: the finer lines that projects do not draw.</summary>
public sealed class FolderArrowTests
{
    // What a folder may use directly. A folder that is not named uses nothing of its project.
    private static readonly Dictionary<string, Dictionary<string, string[]>> Arrows = new(StringComparer.Ordinal)
    {
        ["NATS.Server.Core"] = new(StringComparer.Ordinal)
        {
            ["Collections"] = ["Binary"],
            ["JetStream"] = ["Subjects", "Collections", "Protocol", "Config", "Hashing", "Storage"],
            ["Protocol"] = ["Subjects"],
            ["Jwt"] = ["Security", "Protocol", "Config"],
            ["Mqtt"] = ["Subjects"],
            ["Raft"] = ["Hashing"],
            ["Storage"] = ["Binary", "Collections", "Compression", "Hashing", "Security"],
        },
        ["NATS.Server.JetStream"] = new(StringComparer.Ordinal)
        {
            ["Api"] = ["Engine"],
            ["Engine"] = ["Meta"],
            ["Meta"] = ["Streams"],
            ["Streams"] = ["Consumers"],
            ["Consumers"] = ["Ports", "Raft", "Storage"],
            ["Ports"] = ["Storage"],
            ["Raft"] = ["Storage"],
        },
        ["NATS.Server"] = new(StringComparer.Ordinal)
        {
            ["Hosting"] = ["SystemEvents", "OperatorMode", "Callout", "Streaming"],
            ["Streaming"] = ["Delivery", "Disks"],
            ["OperatorMode"] = ["Sessions"],
            ["Callout"] = ["Auth", "Delivery"],
            ["SystemEvents"] = ["Monitoring"],
            ["Monitoring"] = ["Cluster", "Mqtt"],
            ["Cluster"] = ["Sessions"],
            ["Mqtt"] = ["Sessions"],
            ["Sessions"] = ["Auth", "Delivery"],
            ["Auth"] = ["Accounts"],

            // A delivery asks the target's rights and writes into its buffer.
            ["Delivery"] = ["Accounts", "Auth"],

            // A subscription names the connection that it belongs to.
            ["Accounts"] = ["Connections", "Tracing"],
            ["Tracing"] = [],
            ["Connections"] = ["Options"],
            ["Options"] = [],
        },
    };

    public static TheoryData<string> Projects => new(Arrows.Keys);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_use_only_what_is_below_them(string project)
    {
        Dictionary<string, string[]> arrows = Arrows[project];
        HashSet<string> folders = [.. SourceTree.Below("src", project).Select(file => file.TopFolder).Where(folder => folder.Length > 0)];
        var used = new Regex($@"\b{Regex.Escape(project)}\.(\w+)", RegexOptions.None, TimeSpan.FromSeconds(5));
        List<string> wrong = [];
        foreach (SourceFile file in SourceTree.Below("src", project))
        {
            if (file.TopFolder.Length == 0) continue;
            HashSet<string> allowed = Reachable(arrows, file.TopFolder);
            IEnumerable<string> targets = used.Matches(SourceTree.WithoutComments(file.Text)).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal);
            wrong.AddRange(targets.Where(target => folders.Contains(target) && !allowed.Contains(target)).Select(target => $"{file.Path} uses {target}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Arrows_make_no_circle()
    {
        foreach (Dictionary<string, string[]> arrows in Arrows.Values)
        {
            foreach (string folder in arrows.Keys)
                Assert.DoesNotContain(folder, arrows[folder].SelectMany(next => Reachable(arrows, next)));
        }
    }

    [Theory]
    [InlineData("NATS.Server.Core", new string[0])]
    [InlineData("NATS.Server.JetStream", new[] { "NATS.Server.Core" })]
    [InlineData("NATS.Server", new[] { "NATS.Server.Core", "NATS.Server.JetStream" })]
    [InlineData("NATS.Server.Host", new[] { "NATS.Server", "NATS.Server.Core", "NATS.Server.JetStream" })]
    public void Projects_refer_only_downwards(string project, string[] allowed)
    {
        string text = File.ReadAllText(Testing.Repository.PathOf("src", project, project + ".csproj"));
        IEnumerable<string> references = Regex.Matches(text, @"ProjectReference Include=""[^""]*?(?<project>[\w.]+)\.csproj""", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
            .Select(match => match.Groups["project"].Value);
        Assert.Empty(references.Except(allowed, StringComparer.Ordinal));
    }

    // Everything below a folder, and the folder itself.
    private static HashSet<string> Reachable(Dictionary<string, string[]> arrows, string folder)
    {
        HashSet<string> found = new(StringComparer.Ordinal) { folder };
        var left = new Stack<string>([folder]);
        while (left.TryPop(out string? next))
        {
            foreach (string below in arrows.GetValueOrDefault(next, []))
            {
                if (found.Add(below)) left.Push(below);
            }
        }

        return found;
    }
}
