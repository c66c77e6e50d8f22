using NATS.Server.Host.Top;
using Xunit;

namespace NATS.Server.UnitTests.Host.Top;

public sealed class TopKeysTests
{
    private static readonly TopFrame Frame = new() { Address = "h:1", Sample = TopSamples.Read(TopSamples.Server(0), TopSamples.Connections(0), TopSamples.JetStream(0)) };

    [Theory]
    [InlineData('1', TopView.Server)]
    [InlineData('2', TopView.Connections)]
    [InlineData('3', TopView.Subscriptions)]
    [InlineData('4', TopView.Streams)]
    public void Digits_choose_a_view(char key, object view) => Assert.Equal((TopView)view, Press(new TopState(), key.ToString()).View);

    [Fact]
    public void Switches_switch()
    {
        TopState state = Press(new TopState(), "sdbp ");
        Assert.True(state is { ShowsSubjects: true, LooksUpNames: true, IsRaw: true, IsPaused: true, ShowsRates: true });

        state = Press(state, "sdbp ");
        Assert.True(state is { ShowsSubjects: false, LooksUpNames: false, IsRaw: false, IsPaused: false, ShowsRates: false });
    }

    [Fact]
    public void An_order_is_typed_in_and_asked_for()
    {
        TopState state = Press(new TopState(), "osubx");
        Assert.Equal((TopPrompt.Order, "subx"), (state.Prompt, state.Typed));

        state = Press(Press(Press(state, ConsoleKey.Backspace), "s"), ConsoleKey.Enter);
        Assert.Equal((TopPrompt.None, "subs", ""), (state.Prompt, state.ConnectionOrder, state.Notice));
        Assert.Equal("connz?limit=1024&sort=subs&auth=true", state.Question.ConnectionsPath);
    }

    [Theory]
    [InlineData("2oname", "invalid order: name")]
    [InlineData("2ostop", "invalid order: stop")]
    [InlineData("4osubs", "invalid order: subs")]
    [InlineData("2n0", "invalid limit: 0")]
    [InlineData("2nmany", "invalid limit: many")]
    [InlineData("2n99999999999", "invalid limit: 99999999999")]
    [InlineData("2c-1", "invalid connection: -1")]
    public void What_cannot_be_is_said_and_changes_nothing(string keys, string notice)
    {
        TopState before = Press(new TopState(), keys[..1]);
        TopState state = Press(Press(new TopState(), keys), ConsoleKey.Enter);

        Assert.Equal(notice, state.Notice);
        Assert.Equal(before, state with { Notice = "" });
        Assert.Equal("", Press(state, "x").Notice);
    }

    [Fact]
    public void Streams_have_orders_of_their_own()
    {
        TopState state = Press(Press(new TopState(), "4opending"), ConsoleKey.Enter);

        Assert.Equal(("pending", "cid"), (state.StreamOrder, state.ConnectionOrder));
    }

    [Fact]
    public void A_limit_is_typed_in() => Assert.Equal(25, Press(Press(new TopState(), "n25"), ConsoleKey.Enter).Limit);

    [Fact]
    public void Typing_can_be_given_up()
    {
        TopState state = Press(Press(new TopState(), "nq1"), ConsoleKey.Escape);

        Assert.Equal(new TopState(), state);
    }

    [Fact]
    public void Enter_shows_the_subscriptions_of_the_row()
    {
        TopState state = Press(Press(new TopState(), ConsoleKey.DownArrow), ConsoleKey.Enter);

        Assert.Equal((TopView.Subscriptions, 12UL), (state.View, state.Cid));
        Assert.Equal("connz?cid=12&auth=true&subs=detail", state.Question.ConnectionsPath);
        Assert.Equal(TopView.Connections, Press(state, ConsoleKey.Escape).View);
    }

    [Fact]
    public void A_connection_can_be_typed_in()
    {
        TopState state = Press(Press(new TopState(), "1c77"), ConsoleKey.Enter);

        Assert.Equal((TopView.Subscriptions, 77UL), (state.View, state.Cid));
    }

    [Theory]
    [InlineData(ConsoleKey.UpArrow, 0)]
    [InlineData(ConsoleKey.PageUp, 0)]
    [InlineData(ConsoleKey.DownArrow, 1)]
    [InlineData(ConsoleKey.PageDown, 1)]
    [InlineData(ConsoleKey.End, 1)]
    [InlineData(ConsoleKey.Home, 0)]
    public void Rows_end_where_the_table_does(ConsoleKey key, int row) => Assert.Equal(row, Press(Press(new TopState(), key), key).Row);

    [Fact]
    public void Help_goes_with_any_key()
    {
        TopState help = Press(new TopState(), "?");

        Assert.True(help.ShowsHelp);
        Assert.Equal(new TopState(), Press(help, "4"));
    }

    [Fact]
    public void Quitting_ends_it()
    {
        Assert.True(Press(new TopState(), "q").IsOver);
        Assert.True(TopKeys.Press(new TopState { Prompt = TopPrompt.Limit }, new ConsoleKeyInfo('\u0003', ConsoleKey.C, shift: false, alt: false, control: true), Frame).IsOver);
        Assert.False(Press(new TopState(), "oq").IsOver);
    }

    [Fact]
    public void Tab_goes_round()
    {
        TopState state = new() { View = TopView.Server };
        List<TopView> views = [];
        for (int i = 0; i < 4; i++) views.Add((state = Press(state, ConsoleKey.Tab)).View);

        Assert.Equal([TopView.Connections, TopView.Subscriptions, TopView.Streams, TopView.Server], views);
    }

    private static TopState Press(TopState state, string keys) => keys.Aggregate(state, static (current, key) => TopKeys.Press(current, new ConsoleKeyInfo(key, default, shift: false, alt: false, control: false), Frame));

    private static TopState Press(TopState state, ConsoleKey key) => TopKeys.Press(state, new ConsoleKeyInfo('\0', key, shift: false, alt: false, control: false), Frame);
}
