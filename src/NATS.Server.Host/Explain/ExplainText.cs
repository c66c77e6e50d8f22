using System.Globalization;
using System.Text;

namespace NATS.Server.Host.Explain;

/// <summary>Texts of others, as they can be shown. Pure.</summary>
internal static class ExplainText
{
    /// <summary>A text that commands nothing: subjects and names come from clients, and a terminal obeys escape sequences. What would be obeyed is spelled out.</summary>
    /// <param name="text">Of somebody else.</param>
    /// <param name="isAscii">Whether all letters beyond ASCII are spelled out too.</param>
    public static string Printable(string text, bool isAscii = false)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var shown = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsHarmless(rune) && (rune.IsAscii || !isAscii)) shown.Append(rune);
            else shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
        }

        return shown.ToString();
    }

    /// <summary>How many columns of a terminal it takes, as far as that can be known.</summary>
    public static int Width(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text.Length;
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes()) width += Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0 : IsWide(rune.Value) ? 2 : 1;
        return width;
    }

    /// <summary>Broken into lines at blanks. Words that are longer than a line stay whole.</summary>
    /// <param name="text">Without line ends.</param>
    /// <param name="width">Columns; 0 for as many as it takes.</param>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        if (width <= 0 || Width(text) <= width) return [text];
        var lines = new List<string>();
        var line = new StringBuilder();
        int taken = 0;
        foreach (string word in text.Split(' '))
        {
            int length = Width(word);
            if (line.Length > 0 && taken + 1 + length > width)
            {
                lines.Add(line.ToString());
                line.Clear();
                taken = 0;
            }

            if (line.Length > 0)
            {
                line.Append(' ');
                taken++;
            }

            line.Append(word);
            taken += length;
        }

        lines.Add(line.ToString());
        return lines;
    }

    private static bool IsHarmless(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    // East Asian letters and pictures.
    private static bool IsWide(int value) => value is >= 0x1100 and < 0x1160 or >= 0x2e80 and < 0xa4d0 or >= 0xac00 and < 0xd7a4 or >= 0xf900 and < 0xfb00 or >= 0xfe30 and < 0xfe70 or >= 0xff00 and < 0xff61
        or >= 0x1f300 and < 0x1f650 or >= 0x1f900 and < 0x1fb00 or >= 0x20000 and < 0x40000;
}
