using NATS.Server.Host.Flags;
using Xunit;

namespace NATS.Server.UnitTests.Host.Flags;

public sealed class FlagSetTests
{
    private readonly FlagSet _set = new();
    private readonly BooleanFlag _switch;
    private readonly IntegerFlag _number;
    private readonly TextFlag _text;

    public FlagSetTests()
    {
        _switch = _set.Boolean("b", "bool");
        _number = _set.Integer("i");
        _text = _set.Text("t", "text");
    }

    [Theory]
    [InlineData("-t", "v")]
    [InlineData("--t", "v")]
    [InlineData("-t=v")]
    [InlineData("--t=v")]
    [InlineData("-text", "v")]
    [InlineData("--text=v")]
    public void One_dash_or_two_with_or_without_an_equals_sign(params string[] arguments)
    {
        Assert.Null(_set.Parse(arguments));
        Assert.Equal("v", _text.Value);
        Assert.True(_text.IsGiven);
    }

    [Fact]
    public void A_flag_that_is_not_on_the_command_line_is_not_given()
    {
        Assert.Null(_set.Parse(["-b"]));
        Assert.False(_text.IsGiven);
        Assert.False(_number.IsGiven);
    }

    [Fact]
    public void A_boolean_never_takes_the_next_argument()
    {
        Assert.Null(_set.Parse(["-b", "false"]));
        Assert.True(_switch.Value);
        Assert.Equal(["false"], _set.Rest);
    }

    [Theory]
    [InlineData("-b=1", true)]
    [InlineData("-b=T", true)]
    [InlineData("--bool=TRUE", true)]
    [InlineData("-b=0", false)]
    [InlineData("-b=f", false)]
    [InlineData("-bool=False", false)]
    public void A_boolean_reads_the_spellings_of_Go(string argument, bool expected)
    {
        Assert.Null(_set.Parse([argument]));
        Assert.Equal(expected, _switch.Value);
        Assert.True(_switch.IsGiven);
    }

    [Fact]
    public void A_value_may_look_like_a_flag_and_contain_equals_signs()
    {
        Assert.Null(_set.Parse(["-i", "-1", "-t", "-b", "--text=a=b"]));
        Assert.Equal(-1, _number.Value);
        Assert.Equal("a=b", _text.Value);
        Assert.False(_switch.IsGiven);
    }

    [Fact]
    public void A_value_may_be_empty()
    {
        Assert.Null(_set.Parse(["-t="]));
        Assert.True(_text.IsGiven);
        Assert.Equal("", _text.Value);
    }

    [Fact]
    public void The_last_occurrence_wins()
    {
        Assert.Null(_set.Parse(["-i", "1", "-i=2"]));
        Assert.Equal(2, _number.Value);
    }

    [Theory]
    [InlineData(new[] { "-b", "word", "-i", "3" }, new[] { "word", "-i", "3" })]
    [InlineData(new[] { "-b", "-", "-i", "3" }, new[] { "-", "-i", "3" })]
    [InlineData(new[] { "-b", "--", "-i", "3" }, new[] { "-i", "3" })]
    [InlineData(new[] { "-b", "", "-i", "3" }, new[] { "", "-i", "3" })]
    public void Reading_stops_at_the_first_argument_that_is_no_flag(string[] arguments, string[] rest)
    {
        Assert.Null(_set.Parse(arguments));
        Assert.Equal(rest, _set.Rest);
        Assert.False(_number.IsGiven);
    }

    [Theory]
    [InlineData("flag provided but not defined: -x", "-x")]
    [InlineData("flag provided but not defined: -x", "--x=1")]
    [InlineData("flag provided but not defined: -B", "-B")]
    [InlineData("flag needs an argument: -t", "-t")]
    [InlineData("flag needs an argument: -text", "-b", "--text")]
    [InlineData("bad flag syntax: ---t", "---t")]
    [InlineData("bad flag syntax: -=v", "-=v")]
    [InlineData("bad flag syntax: --=v", "--=v")]
    [InlineData("invalid value \"1k\" for flag -i: parse error", "-i", "1k")]
    [InlineData("invalid value \"99999999999999999999\" for flag -i: value out of range", "-i=99999999999999999999")]
    [InlineData("invalid boolean value \"yes\" for -b: parse error", "-b=yes")]
    [InlineData("invalid value \"a\\\"\\n\" for flag -i: parse error", "-i", "a\"\n")]
    public void A_mistake_is_told_in_the_words_of_Go(string expected, params string[] arguments) => Assert.Equal(expected, _set.Parse(arguments));
}
