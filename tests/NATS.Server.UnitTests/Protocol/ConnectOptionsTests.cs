using System.Text;
using NATS.Server.Core.Protocol;
using Xunit;

namespace NATS.Server.UnitTests.Protocol;

public sealed class ConnectOptionsTests
{
    private static readonly Encoding Bytes = Encoding.Latin1;

    private static ConnectOptions Parse(ReadOnlySpan<byte> json, ConnectOptions? current = null)
    {
        Assert.True(ConnectOptions.TryParse(json, current ?? ConnectOptions.Default, out ConnectOptions? options, out string? error), error);
        Assert.Null(error);
        return options;
    }

    private static string Refuse(ReadOnlySpan<byte> json)
    {
        Assert.False(ConnectOptions.TryParse(json, ConnectOptions.Default, out ConnectOptions? options, out string? error));
        Assert.Null(options);
        return error;
    }

    [Fact]
    public void Before_a_connect_a_client_is_verbose_pedantic_and_echoed()
    {
        ConnectOptions options = ConnectOptions.Default;

        Assert.True(options is { Verbose: true, Pedantic: true, Echo: true, Headers: false, NoResponders: false, TlsRequired: false, Protocol: 0 });
        Assert.Equal("", options.Name + options.User + options.Password + options.AuthToken + options.Jwt + options.Nkey);
    }

    [Fact]
    public void Every_field_is_read()
    {
        ConnectOptions options = Parse("""
            {"verbose":false,"pedantic":false,"echo":false,"tls_required":true,"headers":true,"no_responders":true,"name":"n","lang":"l",
             "version":"v","protocol":1,"user":"u","pass":"p","auth_token":"t","nkey":"k","jwt":"j","sig":"s","proxy_sig":"ps","account":"a",
             "new_account":true,"import":{"allow":["i"],"deny":["j","k"]},"export":{"deny":["e"]},"remote_account":"r"}
            """u8);

        Assert.Equal(
            new ConnectOptions
            {
                TlsRequired = true,
                Headers = true,
                NoResponders = true,
                Name = "n",
                Language = "l",
                Version = "v",
                Protocol = 1,
                User = "u",
                Password = "p",
                AuthToken = "t",
                Nkey = "k",
                Jwt = "j",
                Signature = "s",
                ProxySignature = "ps",
                Account = "a",
                NewAccount = true,
                RemoteAccount = "r",
            },
            options with { Import = null, Export = null });
        Assert.Equal(["i"], options.Import!.Allow!);
        Assert.Equal(["j", "k"], options.Import!.Deny!);
        Assert.Null(options.Export!.Allow);
        Assert.Equal(["e"], options.Export!.Deny!);
    }

    [Fact]
    public void A_second_connect_keeps_what_it_does_not_mention()
    {
        ConnectOptions first = Parse("""{"verbose":false,"echo":false,"user":"u","name":"n"}"""u8);

        ConnectOptions second = Parse("""{"name":"m","pass":"p"}"""u8, first);

        Assert.Equal(first with { Name = "m", Password = "p" }, second);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("  {} \t\r\n")]
    [InlineData("""{"name":null,"verbose":null,"protocol":null,"import":null}""")]
    [InlineData("""{"unknown":{"a":[1,2,{"b":null}],"name":"x"},"":1,"x":1e999}""")]
    [InlineData("""{"NoResponders":true,"auth-token":"x","Auth token":"y","protocol ":1}""")]
    [InlineData("{\"x\":\"\u00ff\",\"n\u00ffame\":\"\\ud800\"}")]
    public void Nothing_of_ours_changes_nothing(string json)
    {
        Assert.Equal(ConnectOptions.Default, Parse(Bytes.GetBytes(json)));
    }

    [Theory]
    [InlineData("""{"name":"a","name":"b"}""", "b")]
    [InlineData("""{"name":"a","NAME":"b"}""", "b")]
    [InlineData("""{"NAME":"b","name":"a"}""", "a")]
    [InlineData("""{"name":"a","name":null}""", "a")]
    [InlineData("""{"nam\u0065":"a"}""", "a")]
    [InlineData("""{"na\u006De":"a"}""", "a")]
    [InlineData("""{ "name" : "a" }""", "a")]
    public void Keys_match_without_case_and_the_last_value_wins(string json, string expected)
    {
        Assert.Equal(expected, Parse(Bytes.GetBytes(json)).Name);
    }

    [Fact]
    public void Keys_fold_the_long_s_and_the_kelvin_sign()
    {
        ConnectOptions options = Parse(Encoding.UTF8.GetBytes("{\"ver\u017fion\":\"v\",\"n\u212aey\":\"k\"}"));

        Assert.Equal(("v", "k"), (options.Version, options.Nkey));
    }

    [Theory]
    [InlineData("\u00ff\u00fe", "\ufffd\ufffd")]
    [InlineData("\u00e2\u0082", "\ufffd\ufffd")]
    [InlineData("\u00ed\u00a0\u0080x", "\ufffd\ufffd\ufffdx")]
    [InlineData("\\ud800", "\ufffd")]
    [InlineData("\\udc00\\ud800", "\ufffd\ufffd")]
    [InlineData("\\ud83d\\ude00", "😀")]
    [InlineData("\\ud800\\u0041", "\ufffdA")]
    [InlineData("\\ud800\\n", "\ufffd\n")]
    [InlineData("\u007f", "\u007f")]
    [InlineData("\u00c3\u00a4\\u00e4", "ää")]
    [InlineData("a\\/b\\\\c\\\"d\\b\\f\\n\\r\\t", "a/b\\c\"d\b\f\n\r\t")]
    [InlineData("\\u000A\\u00aF", "\n\u00af")]
    public void Texts_are_unescaped_and_what_is_not_utf8_is_replaced_byte_by_byte(string raw, string expected)
    {
        Assert.Equal(expected, Parse(Bytes.GetBytes($$"""{"name":"{{raw}}"}""")).Name);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("1", 1)]
    [InlineData("-1", -1)]
    [InlineData("4294967297", 4294967297)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Protocol_takes_any_64_bit_integer(string number, long expected)
    {
        Assert.Equal(expected, Parse(Bytes.GetBytes($$"""{"protocol":{{number}}}""")).Protocol);
    }

    [Theory]
    [InlineData("[]", "json: array found where an object is expected")]
    [InlineData("1", "json: number found where an object is expected")]
    [InlineData("\"x\"", "json: string found where an object is expected")]
    [InlineData("true", "json: bool found where an object is expected")]
    [InlineData("""{"name":1}""", "json: field name is a number, not a string")]
    [InlineData("""{"NAME":true}""", "json: field name is a bool, not a string")]
    [InlineData("""{"pass":{"a":"secret"}}""", "json: field pass is a object, not a string")]
    [InlineData("""{"user":["secret"]}""", "json: field user is a array, not a string")]
    [InlineData("""{"verbose":"false"}""", "json: field verbose is a string, not a bool")]
    [InlineData("""{"headers":0}""", "json: field headers is a number, not a bool")]
    [InlineData("""{"protocol":1.0}""", "json: field protocol is a number, not an int")]
    [InlineData("""{"protocol":1e0}""", "json: field protocol is a number, not an int")]
    [InlineData("""{"protocol":1E400}""", "json: field protocol is a number, not an int")]
    [InlineData("""{"protocol":9223372036854775808}""", "json: field protocol is a number, not an int")]
    [InlineData("""{"protocol":"1"}""", "json: field protocol is a string, not an int")]
    [InlineData("""{"protocol":true}""", "json: field protocol is a bool, not an int")]
    [InlineData("""{"import":[]}""", "json: field import is a array, not an object")]
    [InlineData("""{"import":{"allow":"a"}}""", "json: field allow is a string, not an array")]
    [InlineData("""{"import":{"deny":[1]}}""", "json: field deny is a number, not a string")]
    public void A_value_of_the_wrong_type_is_an_error(string json, string expected)
    {
        Assert.Equal(expected, Refuse(Bytes.GetBytes(json)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{} x")]
    [InlineData("{}}")]
    [InlineData("{},")]
    [InlineData("{}\0")]
    [InlineData("{}\v")]
    [InlineData("\0{}")]
    [InlineData("null x")]
    [InlineData("null null")]
    [InlineData("{\"name\":\"a\",}")]
    [InlineData("{'name':'a'}")]
    [InlineData("{name:\"a\"}")]
    [InlineData("{\"name\":\"x\"")]
    [InlineData("{\"name\":\"x")]
    [InlineData("{\"name\":\"\u0001\"}")]
    [InlineData("{\"name\":\"a\tb\"}")]
    [InlineData("{\"name\":\"\\x\"}")]
    [InlineData("{\"name\":\"\\u00g0\"}")]
    [InlineData("{\"name\":\"\\u12\"}")]
    [InlineData("\u00ef\u00bb\u00bf{}")]
    [InlineData("/*c*/{}")]
    [InlineData("{\"unknown\":nul}")]
    [InlineData("{\"unknown\":01}")]
    [InlineData("{\"unknown\":1.}")]
    [InlineData("{\"unknown\":+1}")]
    [InlineData("{\"unknown\":NaN}")]
    [InlineData("{\"name\":1,\"lang\":\"after\"")]
    public void Malformed_json_is_an_error(string json)
    {
        Assert.StartsWith("json: malformed at line 1, byte ", Refuse(Bytes.GetBytes(json)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9_999, true)]
    [InlineData(10_000, false)]
    public void Nesting_ends_at_ten_thousand(int arrays, bool accepted)
    {
        string json = "{\"x\":" + new string('[', arrays) + new string(']', arrays) + "}";

        Assert.Equal(accepted, ConnectOptions.TryParse(Bytes.GetBytes(json), ConnectOptions.Default, out _, out _));
    }

    [Fact]
    public void Permissions_between_servers_are_merged_field_by_field()
    {
        ConnectOptions options = Parse("""{"import":{"ALLOW":["a",null],"x":1},"import":{"deny":["d"]}}"""u8);

        Assert.Equal(["a", ""], options.Import!.Allow!);
        Assert.Equal(["d"], options.Import!.Deny!);
    }

    [Fact]
    public void Neither_the_text_of_the_options_nor_an_error_shows_a_secret()
    {
        const string secrets = """{"user":"u","pass":"hunter2","auth_token":"hunter2","jwt":"hunter2","sig":"hunter2","nkey":"hunter2","proxy_sig":"hunter2" """;

        Assert.DoesNotContain("hunter2", Parse(Bytes.GetBytes(secrets + "}")).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", Refuse(Bytes.GetBytes(secrets + ",")), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", Refuse("""{"pass":hunter2}"""u8), StringComparison.Ordinal);
    }
}
