using NATS.Server.Host.Flags;
using Xunit;

namespace NATS.Server.UnitTests.Host.Flags;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("-v")]
    [InlineData("--version")]
    [InlineData("version")]
    [InlineData("VERSION")]
    [InlineData("-p", "1", "version", "more")]
    [InlineData("-h", "-v")]
    public void Asks_for_the_version(params string[] arguments) => Assert.IsType<CommandLine.Version>(CommandLine.Parse(arguments));

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("Help")]
    [InlineData("--", "help")]
    [InlineData("--help_tls", "-h")]
    public void Asks_for_help(params string[] arguments) => Assert.IsType<CommandLine.Help>(CommandLine.Parse(arguments));

    [Fact]
    public void Asks_for_help_on_TLS() => Assert.IsType<CommandLine.TlsHelp>(CommandLine.Parse(["--help_tls", "unknown"]));

    [Theory]
    [InlineData("unrecognized command: \"foo\"", "foo")]
    [InlineData("unrecognized command: \"-\"", "-")]
    [InlineData("unrecognized command: \"false\"", "-T", "false")]
    [InlineData("unrecognized command: \"foo\"", "-sl", "stop", "foo", "help")]
    public void Other_words_are_refused(string reason, params string[] arguments) =>
        Assert.Equal(reason, Assert.IsType<CommandLine.BadCommand>(CommandLine.Parse(arguments)).Reason);

    [Fact]
    public void A_bad_flag_beats_every_request() => Assert.IsType<CommandLine.BadFlag>(CommandLine.Parse(["-v", "-x"]));

    [Fact]
    public void A_signal_is_sent_before_a_configuration_is_looked_at() =>
        Assert.Equal("reload=1", Assert.IsType<CommandLine.Signal>(CommandLine.Parse(["-t", "-c", "f", "--signal", "reload=1"])).Expression);

    [Fact]
    public void An_empty_signal_is_none() => Assert.IsType<CommandLine.Run>(CommandLine.Parse(["-sl="]));

    [Fact]
    public void Otherwise_a_server_runs()
    {
        var run = Assert.IsType<CommandLine.Run>(CommandLine.Parse(["-c", "a.conf", "-t"]));
        Assert.Equal("a.conf", run.Flags.ConfigFile);
        Assert.True(run.Flags.CheckConfig);
    }
}
