using System.Text;

namespace NATS.Server.Host.Top;

/// <summary>
/// Columns and rows that become lines of one width: columns are as wide as what they hold; when there is no room for all, those of the least importance are left out.
/// Single-threaded.
/// </summary>
internal sealed class TopTable
{
    private const int Gap = 2;
    private const int Indentation = 2;

    private readonly TopColumn[] _columns;
    private readonly List<string[]> _rows = [];

    public TopTable(IEnumerable<TopColumn> columns) => _columns = [.. columns];

    public IReadOnlyList<TopColumn> Columns => _columns;

    public IReadOnlyList<IReadOnlyList<string>> Rows => _rows;

    /// <summary>Adds a row with a cell for each column, whatever it holds.</summary>
    public void Add(params string[] cells)
    {
        if (cells.Length != _columns.Length) throw new ArgumentException("as many cells as columns", nameof(cells));
        _rows.Add(cells);
    }

    /// <summary>Lays out.</summary>
    /// <param name="width">Places in a line; lines are cut there.</param>
    /// <param name="first">The first row to show.</param>
    /// <param name="count">Rows to show.</param>
    /// <param name="selected">The row to mark; -1 for none.</param>
    /// <returns>The heads, and a line for each row shown.</returns>
    public IEnumerable<TopLine> Layout(int width, int first, int count, int selected)
    {
        string[][] shown = [.. _rows.Skip(first).Take(count).Select(static row => row.Select(TopText.Printable).ToArray())];
        int[] wanted = [.. _columns.Select((column, i) => WidthOf(column, shown.Select(row => row[i].Length)))];
        int[] widths = [.. _columns.Select((column, i) => column.Shrinks ? Math.Max(column.Head.Length, column.Minimum) : wanted[i])];
        bool[] isShown = Choose(width, widths, out long room);
        for (int i = 0; i < widths.Length; i++)
        {
            int more = isShown[i] ? (int)Math.Clamp(room, 0, wanted[i] - widths[i]) : 0;
            widths[i] += more;
            room -= more;
        }

        yield return new TopLine(Line(width, widths, isShown, static (_, head, _) => head, [.. _columns.Select(static column => column.Head)]), TopStyle.Head);
        for (int row = 0; row < shown.Length; row++)
            yield return new TopLine(Line(width, widths, isShown, Cut, shown[row]), first + row == selected ? TopStyle.Selected : TopStyle.Plain);
    }

    // What has no bound takes the room that others leave.
    private static int WidthOf(TopColumn column, IEnumerable<int> lengths) =>
        column.Maximum == TopColumn.Unbounded ? column.Head.Length : Math.Clamp(lengths.Append(column.Minimum).Max(), column.Head.Length, column.Maximum);

    // The least important goes first, of equal ones that to the right.
    private bool[] Choose(int width, int[] widths, out long room)
    {
        bool[] isShown = [.. _columns.Select(static column => !column.IsHidden)];
        int[] order = [.. Enumerable.Range(0, _columns.Length).OrderByDescending(i => _columns[i].Importance).ThenByDescending(static i => i)];
        long total = Indentation - Gap + Enumerable.Range(0, _columns.Length).Where(i => isShown[i]).Sum(i => (long)widths[i] + Gap);
        foreach (int column in order.Where(i => isShown[i]))
        {
            if (total <= width || _columns[column].Importance == 0) break;
            isShown[column] = false;
            total -= widths[column] + Gap;
        }

        room = width - total;
        return isShown;
    }

    private string Line(int width, int[] widths, bool[] isShown, Func<TopColumn, string, int, string> textOf, string[] cells)
    {
        var line = new StringBuilder().Append(' ', Indentation);
        for (int i = 0; i < _columns.Length && line.Length < width; i++)
        {
            if (!isShown[i]) continue;
            if (line.Length > Indentation) line.Append(' ', Gap);
            string text = textOf(_columns[i], cells[i], widths[i]);
            line.Append(_columns[i].IsNumber ? text.PadLeft(widths[i]) : text.PadRight(widths[i]));
        }

        return Cut(line.ToString().TrimEnd(), width);
    }

    private static string Cut(TopColumn column, string cell, int width) => column.Maximum == TopColumn.Unbounded ? cell : Cut(cell, width);

    private static string Cut(string text, int maximum) => text.Length <= maximum ? text : text[..maximum];
}

/// <summary>A column of a table. Immutable.</summary>
/// <param name="Head">What stands above.</param>
/// <param name="Importance">0 is always shown; the higher the number the sooner a narrow screen leaves the column out.</param>
/// <param name="IsNumber">Numbers end at the right.</param>
/// <param name="Minimum">Places that it takes at least, so that it does not change with each sample.</param>
/// <param name="Maximum">Places that it takes at most.</param>
/// <param name="Shrinks">Cut to its minimum before another column is left out.</param>
internal sealed record TopColumn(string Head, int Importance, bool IsNumber = true, int Minimum = 0, int Maximum = 48, bool Shrinks = false)
{
    /// <summary>The importance of what is never shown.</summary>
    public const int Hidden = int.MaxValue;

    /// <summary>The maximum of what has none: for the last column.</summary>
    public const int Unbounded = int.MaxValue;

    public bool IsHidden => Importance == Hidden;
}
