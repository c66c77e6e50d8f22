using System.Text;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>The texts of the error catalogue against the reference: its executable contains each of them.</summary>
public sealed class ApiErrorsTests
{
    [Fact]
    public void The_reference_has_each_text_of_the_catalogue()
    {
        byte[] executable = File.ReadAllBytes(ReferenceServer.Path);
        string[] lines = File.ReadAllLines(Repository.PathOf("src", "NATS.Server.Core", "JetStream", "Errors", "ApiErrors.tsv"));
        Assert.Equal(227, lines.Length);
        Assert.All(lines.Skip(1).Select(line => line.Split('\t')[3]), text => Assert.True(executable.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0, text));
    }
}
