using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Json;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Json;

public sealed class JsonSyntaxTests
{
    [Theory]
    [InlineData("""{"a":[1,-2.5e+7,"x\u00e9\n",true,false,null,{}],"b":{}}""")]
    [InlineData(" [ ] ")]
    [InlineData("0")]
    public void A_value_is_scanned_to_its_end(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int end = JsonSyntax.Scan(bytes, 0, out JsonProblem? problem);
        Assert.Null(problem);
        Assert.Equal(text.TrimEnd().Length, end);
    }

    [Theory]
    [InlineData("{\"name\":\"A\",}", "invalid character '}' looking for beginning of object key string", 13)]
    [InlineData("{\"name\":\"A\"]", "invalid character ']' after object key:value pair", 12)]
    [InlineData("{\"name\" \"A\"}", "invalid character '\"' after object key", 9)]
    [InlineData("[1 2]", "invalid character '2' after array element", 4)]
    [InlineData("[1,]", "invalid character ']' looking for beginning of value", 4)]
    [InlineData("truf", "invalid character 'f' in literal true (expecting 'e')", 4)]
    [InlineData("-a", "invalid character 'a' in numeric literal", 2)]
    [InlineData("1.e", "invalid character 'e' in numeric literal", 3)]
    [InlineData("\"\\u12G4\"", @"invalid escape sequence `\u12G4` in string", 7)]
    [InlineData("\"\\`\"", "invalid escape sequence \"\\\\`\" in string", 3)]
    [InlineData("'", @"invalid character '\'' looking for beginning of value", 1)]
    [InlineData("é", "invalid character 'é' looking for beginning of value", 2)]
    [InlineData("\"\n\"", @"invalid character '\n' in string", 2)]
    [InlineData("{\"a\":", "unexpected EOF", 0)]
    [InlineData("\"\\", "unexpected EOF", 0)]
    [InlineData("-", "unexpected EOF", 0)]
    public void A_problem_is_told_as_the_reference_tells_it(string text, string expected, int offset)
    {
        JsonSyntax.Scan(Encoding.UTF8.GetBytes(text), 0, out JsonProblem? problem);
        Assert.Equal(new JsonProblem(expected, offset), problem);
    }

    [Fact]
    public void Too_deep_is_too_deep()
    {
        JsonSyntax.Scan(Encoding.UTF8.GetBytes(new string('[', JsonSyntax.MaximumDepth) + new string(']', JsonSyntax.MaximumDepth)), 0, out JsonProblem? problem);
        Assert.Null(problem);
        JsonSyntax.Scan(Encoding.UTF8.GetBytes(new string('[', JsonSyntax.MaximumDepth + 1)), 0, out problem);
        Assert.Equal(new JsonProblem("exceeded max depth", JsonSyntax.MaximumDepth + 1), problem);
    }

    // The class library decides what is JSON.
    [Fact]
    public void Random_changes_of_good_text_are_judged_as_the_class_library_judges_them()
    {
        byte[] good = """{"a":[1,-2.5e+7,"x\u00e9\n\"",true,false,null,{}],"b":{"c":"d"},"e":0}"""u8.ToArray();
        byte[] alphabet = "{}[]:,\"\\ue0123.-+Ee truefalsn\n"u8.ToArray();
        var random = new Random(20261122);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] text = [.. good.AsSpan(0, random.Next(2) == 0 ? good.Length : random.Next(good.Length + 1))];
            for (int change = random.Next(3); change > 0 && text.Length > 0; change--) text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];
            int end = JsonSyntax.Scan(text, 0, out JsonProblem? problem);
            bool isGood = problem is null && JsonSyntax.SkipBlanks(text, end) == text.Length;
            Assert.True(isGood == IsJson(text), Encoding.UTF8.GetString(text));
        }
    }

    private static bool IsJson(byte[] text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
