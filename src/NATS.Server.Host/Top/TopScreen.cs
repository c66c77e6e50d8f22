namespace NATS.Server.Host.Top;

/// <summary>Draws a view into a screen of a given size. Pure.</summary>
internal static class TopScreen
{
    // Below this, every line is needed for the table.
    private const int LowHeight = 16;

    private static readonly string[] Help =
    [
        "Command          Description",
        "",
        "1 2 3 4  tab     Server, connections, subscriptions of one, streams",
        "o<option>        Set the order to <option>.",
        "                 Connections: cid subs pending msgs_to msgs_from bytes_to",
        "                 bytes_from idle last start uptime rtt",
        "                 Streams: name msgs bytes rate consumers pending",
        "                 ack_pending redelivered",
        "n<limit>         Set how many connections are asked for.",
        "c<cid>           Show the subscriptions of a connection.",
        "up down enter    Choose a row; enter shows its subscriptions.",
        "s                Connections with or without their subjects.",
        "d                Connections with host names or addresses.",
        "b                Numbers in full or rounded.",
        "space            Connections: so far, or in a second.",
        "p                Pause, and go on.",
        "q                Quit.",
        "",
        "Press any key to continue...",
    ];

    /// <summary>Draws.</summary>
    /// <param name="state">How it is shown.</param>
    /// <param name="frame">What is shown.</param>
    /// <param name="width">Places in a line, 1 or more.</param>
    /// <param name="height">Lines, 1 or more.</param>
    /// <returns>As many lines as asked for, none longer than asked for.</returns>
    public static TopLine[] Render(TopState state, TopFrame frame, int width, int height)
    {
        List<TopLine> lines = [];
        if (state.ShowsHelp)
        {
            lines.AddRange(Help.Select(static text => new TopLine(text)));
        }
        else
        {
            bool isLow = height < LowHeight;
            lines.AddRange(TopPage.Head(state, frame, isLow));
            lines.Add(Status(state, frame));
            int room = Math.Max(0, height - lines.Count - (isLow ? 0 : 1));
            lines.AddRange(Body(state, frame, width, room).Take(room));
            while (lines.Count < height - 1) lines.Add(default);
            if (!isLow) lines.Add(new TopLine(Menu(state.View)));
        }

        var screen = new TopLine[height];
        for (int i = 0; i < height; i++)
        {
            TopLine line = i < lines.Count ? lines[i] : default;
            string text = line.Text ?? "";
            screen[i] = line with { Text = text.Length > width ? text[..width] : text };
        }

        return screen;
    }

    /// <summary>All that a view says, without anything for the person at the screen, as wide and long as it is.</summary>
    public static IEnumerable<string> Report(TopState state, TopFrame frame)
    {
        const int Wide = 160;
        foreach (TopLine line in TopPage.Head(state, frame, isShort: false)) yield return line.Text.TrimEnd();
        yield return "";
        TopTable? table = TopPage.Table(state, frame);
        if (table is null)
        {
            foreach (TopLine line in TopPage.Server(state, frame, Wide)) yield return (line.Text ?? "").TrimEnd();
            yield break;
        }

        yield return TopPage.Title(state, frame);
        foreach (TopLine line in table.Layout(int.MaxValue, 0, table.Rows.Count, selected: -1)) yield return line.Text;
    }

    private static IEnumerable<TopLine> Body(TopState state, TopFrame frame, int width, int room)
    {
        if (TopPage.Table(state, frame) is not { } table) return TopPage.Server(state, frame, width);
        int rows = Math.Max(1, room - 2);
        int selected = Math.Clamp(state.Row, 0, Math.Max(0, table.Rows.Count - 1));
        int first = Math.Max(0, selected - rows + 1);
        return table.Layout(width, first, rows, selected).Prepend(new TopLine(TopPage.Title(state, frame)));
    }

    private static TopLine Status(TopState state, TopFrame frame) => state.Prompt switch
    {
        TopPrompt.Order => new TopLine($"sort by [{state.Order}]: {state.Typed}_", TopStyle.Alert),
        TopPrompt.Limit => new TopLine($"limit   [{state.Limit}]: {state.Typed}_", TopStyle.Alert),
        TopPrompt.Cid => new TopLine($"subscriptions of connection: {state.Typed}_", TopStyle.Alert),
        _ when state.Notice.Length > 0 => new TopLine(TopText.Printable(state.Notice), TopStyle.Alert),
        _ when frame.Problem.Length > 0 => new TopLine(TopText.Printable(frame.Problem), TopStyle.Alert),
        _ when state.IsPaused => new TopLine("paused", TopStyle.Alert),
        _ => default,
    };

    private static string Menu(TopView view)
    {
        (TopView View, string Name)[] views = [(TopView.Server, "1 server"), (TopView.Connections, "2 connections"), (TopView.Subscriptions, "3 subscriptions"), (TopView.Streams, "4 streams")];
        return string.Join(' ', views.Select(each => each.View == view ? $"[{each.Name}]" : $" {each.Name} ")) + "  ? help  q quit";
    }
}
