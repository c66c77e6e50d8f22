using NATS.Server.Host.Top;
using Xunit;

namespace NATS.Server.UnitTests.Host.Top;

public sealed class TopScreenTests
{
    private static readonly TopSample Before = TopSamples.Read(TopSamples.Server(0), TopSamples.Connections(0, more: TopSamples.Details), TopSamples.JetStream(0));
    private static readonly TopSample Now = TopSamples.Read(
        TopSamples.Server(1, inMessages: 14_129), TopSamples.Connections(1, inMessages: 350, more: TopSamples.Details), TopSamples.JetStream(1, last: 620, delivered: 311));

    private static readonly TopFrame Frame = new() { Address = "127.0.0.1:8222", Sample = Now, Rates = TopRates.Between(Before, Now) };

    [Fact]
    public void Connections_on_a_usual_terminal() => AssertShows(
        new TopState(),
        80,
        24,
        """
        NATS server version 2.15.1 (uptime: 1h0m0s)  127.0.0.1:8222
        Server: east-1
          ID:   NSERVER
          Load: CPU:  12.5%  Memory: 32.0M  Slow Consumers: 0
          In:   Msgs: 14.1K  Bytes: 1.3M  Msgs/Sec: 13129.0  Bytes/Sec: 1.3M
          Out:  Msgs: 28.3K  Bytes: 2.7M  Msgs/Sec: 26258.0  Bytes/Sec: 2.5M

        Connections Polled: 2 of 7, by cid
          HOST             CID  NAME      SUBS  MSGS_TO  MSGS_FROM  BYTES_TO  BYTES_FROM
          127.0.0.1:54262    5  orders       2        7        350      1.4K        1.8M
          [::1]:4000        12               1     1.5M          0      3.0G           0
        """,
        " 1 server  [2 connections]  3 subscriptions   4 streams   ? help  q quit");

    [Fact]
    public void Connections_on_a_wide_terminal_in_a_second() => AssertShows(
        new TopState { ShowsRates = true, ShowsSubjects = true },
        160,
        24,
        """
        NATS server version 2.15.1 (uptime: 1h0m0s)  127.0.0.1:8222
        Server: east-1
          ID:   NSERVER
          Load: CPU:  12.5%  Memory: 32.0M  Slow Consumers: 0
          In:   Msgs: 14.1K  Bytes: 1.3M  Msgs/Sec: 13129.0  Bytes/Sec: 1.3M
          Out:  Msgs: 28.3K  Bytes: 2.7M  Msgs/Sec: 26258.0  Bytes/Sec: 2.5M

        Connections Polled: 2 of 7, by cid, in a second
          HOST             CID  NAME      SUBS  PENDING  MSGS_TO  MSGS_FROM  BYTES_TO  BYTES_FROM  LANG  VERSION  UPTIME  LAST_ACTIVITY         SUBSCRIPTIONS
          127.0.0.1:54262    5  orders       2     2.0K        0        250         0           0  go    1.50.0     1m0s  2026-11-22 11:59:59Z  orders.>, _INBOX.x
          [::1]:4000        12               1        0        0          0         0           0                   2m0s  2026-11-22 11:59:58Z
        """,
        " 1 server  [2 connections]  3 subscriptions   4 streams   ? help  q quit");

    [Fact]
    public void Streams_with_their_consumers() => AssertShows(
        new TopState { View = TopView.Streams, StreamOrder = "msgs", Row = 2 },
        80,
        24,
        """
        NATS server version 2.15.1 (uptime: 1h0m0s)  127.0.0.1:8222
        Server: east-1
          ID:   NSERVER
          Load: CPU:  12.5%  Memory: 32.0M  Slow Consumers: 0
          In:   Msgs: 14.1K  Bytes: 1.3M  Msgs/Sec: 13129.0  Bytes/Sec: 1.3M
          Out:  Msgs: 28.3K  Bytes: 2.7M  Msgs/Sec: 26258.0  Bytes/Sec: 2.5M

        Streams: 2, by msgs  Consumers: 1
          STREAM / CONSUMER        MSGS   MSGS/S  PENDING  ACK_PEND  REDELIV  WAITING
          ORDERS                    500    120.0
            billing                 311     11.0      210        50        4        1
          AUDIT                      20      0.0
        """,
        " 1 server   2 connections   3 subscriptions  [4 streams]  ? help  q quit");

    [Fact]
    public void Subscriptions_of_a_connection() => AssertShows(
        new TopState { View = TopView.Subscriptions, Cid = 5 },
        80,
        24,
        """
        NATS server version 2.15.1 (uptime: 1h0m0s)  127.0.0.1:8222
        Server: east-1
          ID:   NSERVER
          Load: CPU:  12.5%  Memory: 32.0M  Slow Consumers: 0
          In:   Msgs: 14.1K  Bytes: 1.3M  Msgs/Sec: 13129.0  Bytes/Sec: 1.3M
          Out:  Msgs: 28.3K  Bytes: 2.7M  Msgs/Sec: 26258.0  Bytes/Sec: 2.5M

        Subscriptions: 2, of connection 5 127.0.0.1:54262 orders
          SUBJECT                   QUEUE    SID      MSGS    MSGS/S  MAX
          orders.>                  workers  1          40       0.0
          _INBOX.x                           2           2       0.0   10
        """,
        " 1 server   2 connections  [3 subscriptions]  4 streams   ? help  q quit");

    [Fact]
    public void The_server() => AssertShows(
        new TopState { View = TopView.Server },
        60,
        24,
        """
        NATS server version 2.15.1 (uptime: 1h0m0s)  127.0.0.1:8222
        Server: east-1
          ID:   NSERVER
          Load: CPU:  12.5%  Memory: 32.0M  Slow Consumers: 0
          In:   Msgs: 14.1K  Bytes: 1.3M  Msgs/Sec: 13129.0  Bytes/S
          Out:  Msgs: 28.3K  Bytes: 2.7M  Msgs/Sec: 26258.0  Bytes/S

        Connections:    2 of at most 65536, 9 since the start
        Subscriptions:  71
        Routes:         0  Leaf nodes: 0  Cores: 2
        Slow consumers: 0  Stalled clients: 0  Stale connections: 0
        JetStream:      2 streams, 1 consumers, 520 messages, 68.5K
          Memory:       0 of 1.0G  Storage: 68.5K of 10.0G
          API:          120 requests, 0.0/s, 3 errors
        """,
        "[1 server]  2 connections   3 subscriptions   4 streams   ?");

    [Fact]
    public void A_small_screen_keeps_what_matters_most() => AssertShows(
        new TopState { View = TopView.Streams },
        40,
        9,
        """
        NATS server version 2.15.1 (uptime: 1h0m
          Load: CPU:  12.5%  Memory: 32.0M  Slow
          In:   Msgs: 14.1K  Bytes: 1.3M  Msgs/S
          Out:  Msgs: 28.3K  Bytes: 2.7M  Msgs/S

        Streams: 2, by name  Consumers: 1
          STREAM / CONSUMER        MSGS   MSGS/S
          AUDIT                      20      0.0
          ORDERS                    500    120.0
        """);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(20, 5)]
    [InlineData(40, 12)]
    [InlineData(80, 24)]
    [InlineData(500, 200)]
    public void A_screen_is_never_larger_than_asked_for(int width, int height)
    {
        foreach (TopView view in Enum.GetValues<TopView>())
        {
            foreach (TopFrame frame in (TopFrame[])[Frame, new TopFrame { Address = "h" }, Frame with { Problem = new string('x', 600), History = TopHistory.Empty.With(null).With(new TopTraffic(1, 2, 3, 4)) }])
            {
                foreach (bool help in (bool[])[false, true])
                {
                    TopLine[] screen = TopScreen.Render(new TopState { View = view, Row = 1000, ShowsHelp = help }, frame, width, height);
                    Assert.Equal(height, screen.Length);
                    Assert.All(screen, line => Assert.InRange(line.Text.Length, 0, width));
                }
            }
        }
    }

    [Fact]
    public void The_row_that_is_chosen_is_in_sight()
    {
        TopLine[] screen = TopScreen.Render(new TopState { View = TopView.Streams, Row = 2 }, Frame, 80, 9);

        Assert.Equal("    billing", Assert.Single(screen, line => line.Style == TopStyle.Selected).Text[..11]);
        Assert.DoesNotContain(screen, line => line.Text.StartsWith("  AUDIT", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_wrong_is_shown_above_what_was_last_known()
    {
        TopLine[] screen = TopScreen.Render(new TopState(), Frame with { Problem = "connection refused" }, 80, 24);

        Assert.Equal(new TopLine("connection refused", TopStyle.Alert), screen[6]);
        Assert.StartsWith("Connections Polled: 2 of 7", screen[7].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_typed_in_is_shown()
    {
        TopLine[] screen = TopScreen.Render(new TopState { Prompt = TopPrompt.Order, Typed = "bytes" }, Frame, 80, 24);

        Assert.Equal("sort by [cid]: bytes_", screen[6].Text);
    }

    [Fact]
    public void Names_from_clients_cannot_command_the_terminal()
    {
        TopFrame frame = Frame with { Sample = TopSamples.Read(TopSamples.Server(1), TopSamples.Connections(1, name: "\\u001b[2J\\u001b]0;x\\u0007")) };

        Assert.All(TopScreen.Render(new TopState(), frame, 200, 24), line => Assert.DoesNotContain(line.Text, char.IsControl));
        Assert.All(TopScreen.Report(new TopState(), frame), line => Assert.DoesNotContain(line, char.IsControl));
        Assert.All(TopReport.Separated(new TopState(), frame, ","), line => Assert.DoesNotContain(line, char.IsControl));
        Assert.DoesNotContain(TopReport.Json(frame), char.IsControl);
    }

    [Fact]
    public void Host_names_stand_in_place_of_addresses_as_far_as_they_are_known()
    {
        TopFrame frame = Frame with { NameOf = address => address == "127.0.0.1" ? "localhost" : null };

        string[] screen = [.. TopScreen.Render(new TopState { LooksUpNames = true }, frame, 80, 24).Select(static line => line.Text)];

        Assert.Contains(screen, line => line.StartsWith("  localhost ", StringComparison.Ordinal));
        Assert.Contains(screen, line => line.StartsWith("  [::1]:4000 ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_graph_is_as_high_as_its_highest_rate_and_has_gaps()
    {
        TopHistory history = TopHistory.Empty.With(new TopTraffic(50, 0, 0, 0)).With(null).With(new TopTraffic(100, 0, 0, 0)).With(new TopTraffic(1, 0, 0, 0));

        string[] screen = [.. TopScreen.Render(new TopState { View = TopView.Server }, Frame with { History = history }, 80, 24).Select(static line => line.Text)];

        Assert.Contains("Msgs in/s    ▄ █▁  at most 100", screen);
    }

    [Fact]
    public void Cells_that_hold_the_delimiter_are_quoted()
    {
        TopFrame frame = Frame with { Sample = TopSamples.Read(TopSamples.Server(1), TopSamples.Connections(1, name: "a,\\\"b\\\"")) };

        Assert.Contains(TopReport.Separated(new TopState(), frame, ","), line => line.Contains(",5,\"a,\"\"b\"\"\",2,", StringComparison.Ordinal));
    }

    private static void AssertShows(TopState state, int width, int height, string expected, string? last = null)
    {
        string[] screen = [.. TopScreen.Render(state, Frame, width, height).Select(static line => line.Text.TrimEnd())];
        if (last is not null) Assert.Equal(last, screen[^1]);
        string shown = string.Join('\n', screen[..^(last is null ? 0 : 1)]).TrimEnd();
        Assert.True(shown == expected.ReplaceLineEndings("\n").TrimEnd(), $"It shows:\n{shown}");
    }
}
