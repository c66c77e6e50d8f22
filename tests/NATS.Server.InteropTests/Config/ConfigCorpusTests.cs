using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Config;

/// <summary>Both servers check every configuration of the corpus.</summary>
public sealed class ConfigCorpusTests
{
    public static TheoryData<string> Cases => [.. ConfigCase.All.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Both_servers_judge_a_configuration_alike(string name)
    {
        var config = ConfigCase.All[name];
        using var folder = new TemporaryFolder();
        foreach (var (file, text) in config.Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder.Path, file))!);
            folder.Write(file, text.Replace("{folder}", folder.Path, StringComparison.Ordinal));
        }
        var reference = ConfigCheck.ByReference(folder.Path, config.Environment);
        var ours = ConfigCheck.ByOurs(folder.Path, config.Environment);

        if (config.Difference is not null)
        {
            // A difference that is gone must not stay listed.
            Assert.NotEqual(reference.Text, ours.Text);
            Assert.Equal(string.Join('\n', config.Ours.Order(StringComparer.Ordinal)), ours.Text);
            return;
        }
        if (config.IsUnbuilt)
        {
            Assert.True(reference.IsValid, reference.Text);
            Assert.NotEmpty(ours.Messages);
            Assert.All(ours.Messages, message => Assert.EndsWith(" is not built yet", message));
            Assert.Equal(reference.Digest, ours.Digest);
            return;
        }
        Assert.Equal(reference.Text, ours.Text);
        if (reference.IsValid) Assert.Equal(reference.Digest, ours.Digest);
    }

    [Fact]
    public void The_corpus_is_complete()
    {
        Assert.InRange(ConfigCase.All.Count, 300, int.MaxValue);
        Assert.All(ConfigCase.All.Values, config => Assert.True(config.Files.ContainsKey("test.conf"), config.Name));
    }
}
