using NATS.Server.Host.Explain;
using Xunit;

namespace NATS.Server.UnitTests.Host.Explain;

public sealed class ExplainTextTests
{
    [Theory]
    [InlineData("plain name", "plain name")]
    [InlineData("zürich 日本 😀 e\u0301", "zürich 日本 😀 e\u0301")]
    [InlineData("a\tb\u007fc\u0085", @"a\u0009b\u007fc\u0085")]
    [InlineData("\u2028\u200b\ufeff\ue000", @"\u2028\u200b\ufeff\ue000")]
    public void What_a_terminal_would_obey_is_spelled_out(string text, string shown) => Assert.Equal(shown, ExplainText.Printable(text));

    // Not a case of the test above: half a pair does not survive in the name of a case.
    [Fact]
    public void Half_a_character_is_shown_as_unknown() => Assert.Equal("a\ufffdb", ExplainText.Printable("a\ud800b"));

    [Fact]
    public void A_terminal_with_another_code_gets_ascii() => Assert.Equal(@"z\u00fcrich \u1f600 ~", ExplainText.Printable("zürich 😀 ~", isAscii: true));

    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("zürich", 6)]
    [InlineData("日本", 4)]
    [InlineData("😀", 2)]
    [InlineData("e\u0301", 1)]
    public void Columns_are_counted(string text, int width) => Assert.Equal(width, ExplainText.Width(text));

    [Theory]
    [InlineData("one two three", 0, "one two three")]
    [InlineData("one two three", 13, "one two three")]
    [InlineData("one two three", 12, "one two|three")]
    [InlineData("one two three", 3, "one|two|three")]
    [InlineData("a verylongword b", 5, "a|verylongword|b")]
    [InlineData("日本 日本 x", 9, "日本 日本|x")]
    [InlineData("", 5, "")]
    public void Lines_are_broken_at_blanks(string text, int width, string lines) => Assert.Equal(lines, string.Join('|', ExplainText.Wrap(text, width)));

    [Theory]
    [InlineData("LANG=C.UTF-8", true, true)]
    [InlineData("LANG=de_DE.utf8", true, true)]
    [InlineData("LANG=de_DE.UTF-8 LC_ALL=C", false, true)]
    [InlineData("LANG=C LC_CTYPE=en_US.UTF-8", true, true)]
    [InlineData("LANG=de_DE.ISO-8859-1", false, true)]
    [InlineData("", false, true)]
    [InlineData("NO_COLOR=1 LANG=C.UTF-8", true, false)]
    [InlineData("NO_COLOR= LANG=C.UTF-8", true, true)]
    [InlineData("TERM=dumb", false, false)]
    public void A_terminal_shows_what_its_environment_says(string variables, bool hasSymbols, bool hasColors)
    {
        Dictionary<string, string> environment = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Split('='))
            .ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal);

        Assert.Equal(
            new ExplanationStyle(hasSymbols, hasColors, Width: 100, IsAscii: !hasSymbols),
            ExplanationStyle.OfTerminal(environment.GetValueOrDefault, width: 100, isWindows: false, hasUtf8CodePage: false));
    }

    [Theory]
    [InlineData(true, 39, true, 0)]
    [InlineData(false, 40, false, 40)]
    public void A_console_of_windows_goes_by_its_code_page(bool hasUtf8CodePage, int width, bool hasSymbols, int wrapsAt) =>
        Assert.Equal(new ExplanationStyle(hasSymbols, HasColors: true, wrapsAt, IsAscii: !hasSymbols), ExplanationStyle.OfTerminal(static _ => null, width, isWindows: true, hasUtf8CodePage));
}
