using NATS.Server.Host.Signals;
using Xunit;

namespace NATS.Server.UnitTests.Host.Signals;

public sealed class SignalSenderTests
{
    [Theory]
    [InlineData("stop", 9)]
    [InlineData("quit", 2)]
    [InlineData("term", 15)]
    [InlineData("reload", 1)]
    public void A_command_is_a_signal(string command, int signal)
    {
        var processes = new FakeProcessTable(41);
        Assert.Null(Run(processes, command));
        Assert.Equal([(41, signal)], processes.Sent);
    }

    [Fact]
    public void Reopen_and_lame_duck_are_the_user_signals_of_the_platform()
    {
        var processes = new FakeProcessTable(41);
        Assert.Null(Run(processes, "reopen"));
        Assert.Null(Run(processes, "ldm"));
        (int, int)[] expected = OperatingSystem.IsLinux() ? [(41, 10), (41, 12)] : [(41, 30), (41, 31)];
        Assert.Equal(expected, processes.Sent);
    }

    [Fact]
    public void A_process_id_is_not_looked_up()
    {
        var processes = new FakeProcessTable { CanList = false };
        Assert.Null(Run(processes, "reload=77"));
        Assert.Equal([(77, 1)], processes.Sent);
    }

    [Fact]
    public void A_pid_file_stands_for_its_content_with_or_without_a_line_end()
    {
        var processes = new FakeProcessTable();
        Assert.Null(new SignalSender(processes, path => path == "/run/n.pid" ? "77\n" : null).Run("reload=/run/n.pid"));
        Assert.Equal([(77, 1)], processes.Sent);
    }

    [Fact]
    public void A_prefix_hits_every_process_id_that_begins_with_it()
    {
        var processes = new FakeProcessTable(12, 120, 21, 1234);
        Assert.Null(Run(processes, "reload=12*"));
        Assert.Equal([(12, 1), (120, 1), (1234, 1)], processes.Sent);
    }

    [Fact]
    public void A_lone_star_hits_all()
    {
        var processes = new FakeProcessTable(12, 21);
        Assert.Null(Run(processes, "reload=*"));
        Assert.Equal([(12, 1), (21, 1)], processes.Sent);
    }

    [Fact]
    public void A_prefix_that_fits_nobody_is_no_error()
    {
        var processes = new FakeProcessTable(12);
        Assert.Null(Run(processes, "reload=9*"));
        Assert.Empty(processes.Sent);
    }

    [Theory]
    [InlineData("reload=abc", "invalid pid: abc")]
    [InlineData("reload=1x*", "invalid pid: 1x")]
    [InlineData("reload=0", "invalid pid: 0")]
    [InlineData("stop=-1", "invalid pid: -1")]
    [InlineData("reload=1=2", "invalid signal parameters: [2]")]
    [InlineData("reload=1=2=3", "invalid signal parameters: [2 3]")]
    [InlineData("dance=5", "unknown signal \"dance\"")]
    [InlineData("reload", "multiple nats-server processes running:\n12\n21")]
    [InlineData("dance", "multiple nats-server processes running:\n12\n21")]
    public void What_cannot_be_done_is_said_and_nothing_is_sent(string expression, string reason)
    {
        var processes = new FakeProcessTable(12, 21);
        Assert.Equal(reason, Run(processes, expression));
        Assert.Empty(processes.Sent);
    }

    [Theory]
    [InlineData("reload")]
    [InlineData("reload=*")]
    [InlineData("dance")]
    public void Without_a_server_there_is_nobody_to_signal(string expression) =>
        Assert.Equal("no nats-server processes running", Run(new FakeProcessTable(), expression));

    [Fact]
    public void Without_a_process_list_a_process_id_is_needed() =>
        Assert.Equal("unable to resolve pid, try providing one", Run(new FakeProcessTable { CanList = false }, "reload"));

    [Fact]
    public void Every_failed_signal_is_reported_and_the_others_are_sent()
    {
        var processes = new FakeProcessTable(12, 21, 30) { Refusals = { [12] = "operation not permitted", [30] = "no such process" } };
        Assert.Equal("\nsignal \"stop\" 12: operation not permitted\nsignal \"stop\" 30: no such process", Run(processes, "stop=*"));
        Assert.Equal([(21, 9)], processes.Sent);
    }

    private static string? Run(FakeProcessTable processes, string expression) => new SignalSender(processes, _ => null).Run(expression);
}
