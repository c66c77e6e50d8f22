using System.Text;
using NATS.Server.Host.Flags;
using Xunit;

namespace NATS.Server.UnitTests.Host.Flags;

public sealed class ArgumentRedactionTests
{
    [Theory]
    [InlineData("nats-server --user joe --pass s3cret", "nats-server --user *** --pass ******")]
    [InlineData("nats-server -user=joe -pass=s3=t --auth tok -p 1", "nats-server -user=*** -pass=**** --auth *** -p 1")]
    [InlineData("nats-server --username joe -p pass", "nats-server --username joe -p pass")]
    [InlineData("nats-server --pass", "nats-server --pass")]
    [InlineData("nats-server --pass= -D", "nats-server --pass= -D")]
    [InlineData("nats-server --routes nats://u:p@a:1,nats://b:2,nats://x@c:3/@", "nats-server --routes nats://***@a:1,nats://b:2,nats://*@c:3/@")]
    [InlineData("nats-server --cluster=nats://u:p@a:-1 -D", "nats-server --cluster=nats://***@a:-1 -D")]
    [InlineData("nats-server --cluster_listen nats://a:1", "nats-server --cluster_listen nats://a:1")]
    [InlineData("nats-server explain --user joe --password=s3cret --token t", "nats-server explain --user *** --password=****** --token *")]
    [InlineData("nats-server explain -s nats://u:p@a:1 --server tls://t@b", "nats-server explain -s nats://***@a:1 --server tls://*@b")]
    [InlineData("nats-server --pass pässwörd -D", "nats-server --pass ********** -D")]
    public void Secrets_are_masked_byte_by_byte_so_that_nothing_moves(string commandLine, string expected)
    {
        var memory = Encoding.UTF8.GetBytes(commandLine.Replace(' ', '\0') + "\0");
        Assert.Equal(expected, Encoding.UTF8.GetString(ArgumentMemory.Masked(memory)).TrimEnd('\0').Replace('\0', ' '));
    }

    [Theory]
    [InlineData("nats-server --user joe --pass=s3cret -D", "nats-server --user [REDACTED] --pass=[REDACTED] -D")]
    [InlineData("nats-server --routes nats://u:p@a:1,nats://b:2,nats://x@c:3", "nats-server --routes nats://[REDACTED]@a:1,nats://b:2,nats://[REDACTED]@c:3")]
    [InlineData("nats-server -c file", "nats-server -c file")]
    public void What_is_shown_has_words_instead_of_secrets(string commandLine, string expected) =>
        Assert.Equal(expected, string.Join(' ', ArgumentRedaction.Redact(commandLine.Split(' '))));
}
