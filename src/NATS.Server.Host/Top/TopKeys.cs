using System.Globalization;

namespace NATS.Server.Host.Top;

/// <summary>What keys do. Pure.</summary>
internal static class TopKeys
{
    private const int MaximumTyped = 20;
    private const int PageRows = 10;

    /// <summary>The state after a key.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="key">What was pressed.</param>
    /// <param name="frame">What is shown.</param>
    public static TopState Press(TopState state, ConsoleKeyInfo key, TopFrame frame)
    {
        if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control }) return state with { IsOver = true };
        state = state with { Notice = "" };
        if (state.Prompt != TopPrompt.None) return Type(state, key);
        if (state.ShowsHelp) return key.KeyChar is 'q' ? state with { IsOver = true } : state with { ShowsHelp = false };
        TopState after = key.Key switch
        {
            ConsoleKey.UpArrow => state with { Row = state.Row - 1 },
            ConsoleKey.DownArrow => state with { Row = state.Row + 1 },
            ConsoleKey.PageUp => state with { Row = state.Row - PageRows },
            ConsoleKey.PageDown => state with { Row = state.Row + PageRows },
            ConsoleKey.Home => state with { Row = 0 },
            ConsoleKey.End => state with { Row = int.MaxValue },
            ConsoleKey.Enter when state.View == TopView.Connections => Look(state, TopView.Subscriptions, frame),
            ConsoleKey.Escape when state.View == TopView.Subscriptions => Look(state, TopView.Connections, frame),
            ConsoleKey.Tab => Look(state, (TopView)(((int)state.View + 1) % Enum.GetValues<TopView>().Length), frame),
            _ => Press(state, key.KeyChar, frame),
        };
        return after with { Row = Math.Clamp(after.Row, 0, Math.Max(0, RowsOf(after, frame) - 1)) };
    }

    /// <summary>Rows that there are to choose from.</summary>
    public static int RowsOf(TopState state, TopFrame frame) => state.View switch
    {
        TopView.Connections => frame.Sample?.Connections?.Items.Count ?? 0,
        TopView.Subscriptions => frame.Sample?.Connections is { Items: [var connection, ..] } ? connection.Details.Count : 0,
        TopView.Streams => frame.Sample?.JetStream?.Streams?.Sum(static stream => 1 + stream.Consumers.Count) ?? 0,
        _ => 0,
    };

    private static TopState Press(TopState state, char character, TopFrame frame) => character switch
    {
        'q' => state with { IsOver = true },
        '1' => Look(state, TopView.Server, frame),
        '2' => Look(state, TopView.Connections, frame),
        '3' => Look(state, TopView.Subscriptions, frame),
        '4' => Look(state, TopView.Streams, frame),
        'o' => state with { Prompt = TopPrompt.Order, Typed = "" },
        'n' => state with { Prompt = TopPrompt.Limit, Typed = "" },
        'c' => state with { Prompt = TopPrompt.Cid, Typed = "" },
        's' => state with { ShowsSubjects = !state.ShowsSubjects },
        'd' => state with { LooksUpNames = !state.LooksUpNames },
        'b' => state with { IsRaw = !state.IsRaw },
        ' ' => state with { ShowsRates = !state.ShowsRates },
        'p' => state with { IsPaused = !state.IsPaused },
        '?' or 'h' => state with { ShowsHelp = true },
        _ => state,
    };

    // The row that is marked says whose subscriptions are asked for.
    private static TopState Look(TopState state, TopView view, TopFrame frame)
    {
        if (view == state.View) return state;
        ulong? cid = state.Cid;
        if (view == TopView.Subscriptions && state.View == TopView.Connections && frame.Sample?.Connections is { } connections && state.Row < connections.Items.Count)
            cid = connections.Items[state.Row].Cid;
        return state with { View = view, Row = 0, Cid = cid };
    }

    private static TopState Type(TopState state, ConsoleKeyInfo key) => key.Key switch
    {
        ConsoleKey.Enter => Take(state) with { Prompt = TopPrompt.None, Typed = "" },
        ConsoleKey.Escape => state with { Prompt = TopPrompt.None, Typed = "" },
        ConsoleKey.Backspace => state with { Typed = state.Typed.Length > 0 ? state.Typed[..^1] : "" },
        _ when key.KeyChar is > ' ' and <= '~' && state.Typed.Length < MaximumTyped => state with { Typed = state.Typed + key.KeyChar },
        _ => state,
    };

    private static TopState Take(TopState state)
    {
        string typed = state.Typed;
        if (typed.Length == 0) return state;
        switch (state.Prompt)
        {
            case TopPrompt.Order when state.View == TopView.Streams:
                return TopOrder.IsOfStreams(typed) ? state with { StreamOrder = typed, Row = 0 } : state with { Notice = $"invalid order: {typed}" };
            case TopPrompt.Order:
                return TopOrder.IsOfConnections(typed) ? state with { ConnectionOrder = typed, Row = 0 } : state with { Notice = $"invalid order: {typed}" };
            case TopPrompt.Limit:
                return int.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit > 0
                    ? state with { Limit = limit, Row = 0 }
                    : state with { Notice = $"invalid limit: {typed}" };
            default:
                return ulong.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out ulong cid) && cid > 0
                    ? state with { Cid = cid, View = TopView.Subscriptions, Row = 0 }
                    : state with { Notice = $"invalid connection: {typed}" };
        }
    }
}
