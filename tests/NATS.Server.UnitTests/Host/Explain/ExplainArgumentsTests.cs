using NATS.Server.Core.Security;
using NATS.Server.Host.Explain;
using NATS.Server.Monitoring.Explaining;
using Xunit;

namespace NATS.Server.UnitTests.Host.Explain;

public sealed class ExplainArgumentsTests
{
    public static TheoryData<string, ExplainQuestion> Questions => new()
    {
        { "publish orders.new --as alice", new ExplainQuestion { Kind = ExplainKind.Publish, Subject = "orders.new", User = "alice" } },
        { "publish --cid 7 orders.new -account A", new ExplainQuestion { Kind = ExplainKind.Publish, Subject = "orders.new", Cid = 7, Account = "A" } },
        { "subscribe orders.> --cid=7", new ExplainQuestion { Kind = ExplainKind.Subscribe, Subject = "orders.>", Cid = 7 } },
        { "--as alice subscribe orders.* workers", new ExplainQuestion { Kind = ExplainKind.Subscribe, Subject = "orders.*", Queue = "workers", User = "alice" } },
        { "route orders.new", new ExplainQuestion { Kind = ExplainKind.Route, Subject = "orders.new" } },
        { "route orders.new --reply --account A --as alice", new ExplainQuestion { Kind = ExplainKind.Route, Subject = "orders.new", HasReply = true, Account = "A", User = "alice" } },
        { "consumer ORDERS billing --account A", new ExplainQuestion { Kind = ExplainKind.Consumer, Stream = "ORDERS", Consumer = "billing", Account = "A" } },
        { "consumer ORDERS billing --as alice", new ExplainQuestion { Kind = ExplainKind.Consumer, Stream = "ORDERS", Consumer = "billing", User = "alice" } },
        { "publish a --account A", new ExplainQuestion { Kind = ExplainKind.Publish, Subject = "a", Account = "A" } },
        { "connection 7", new ExplainQuestion { Kind = ExplainKind.Connection, Cid = 7 } },
        { "connection --cid 7", new ExplainQuestion { Kind = ExplainKind.Connection, Cid = 7 } },
        { "connection --as alice", new ExplainQuestion { Kind = ExplainKind.Connection, User = "alice" } },
        { "route -- --reply", new ExplainQuestion { Kind = ExplainKind.Route, Subject = "--reply" } },
    };

    [Theory]
    [MemberData(nameof(Questions), DisableDiscoveryEnumeration = true)]
    public void A_question_is_put_together(string line, ExplainQuestion question)
    {
        ExplainQuestion read = Parse(line).Question;

        Assert.Equal(question, read);
        Assert.Null(read.Validate());
    }

    [Fact]
    public void Without_options_a_server_on_this_machine_is_asked()
    {
        ExplainArguments asked = Parse("route a");

        Assert.Equal([new AskedServer(new ServerAddress("127.0.0.1", 4222, IsTls: false), LoginSource.None)], asked.Connect.Targets);
        Assert.Equal((TimeSpan.FromSeconds(5), null, false, false), (asked.Timeout, asked.ServerId, asked.AsksAll, asked.IsJson));
        Assert.Equal(("_INBOX", false, false), (asked.Connect.InboxPrefix, asked.Connect.IsTlsFirst, asked.Connect.WantsTls(asked.Connect.Targets[0].Address)));
    }

    [Theory]
    [InlineData("--timeout 500ms", 0.5)]
    [InlineData("--timeout 1m30s", 90)]
    [InlineData("--timeout 2.5", 2.5)]
    public void A_timeout_is_a_duration_or_seconds(string flags, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Parse("route a " + flags).Timeout);

    [Fact]
    public void Which_servers_are_asked_and_how_it_is_shown_can_be_said()
    {
        string id = NkeyPair.Create(NkeyRole.Server, new byte[NkeyPair.SeedSize]).ToString();

        Assert.Equal(id, Parse($"route a --server-id {id}").ServerId);
        Assert.True(Parse("route a --all -json") is { AsksAll: true, IsJson: true });
        Assert.Equal("--server-id or --all, not both", Problem($"route a --all --server-id {id}"));
        Assert.Equal("--server-id takes the id of a server, which begins with N", Problem($"route a --server-id {id[..^1]}"));
    }

    [Fact]
    public void Help_and_version_need_no_question()
    {
        Assert.True(Parse("--help").AsksForHelp);
        Assert.True(Parse("route -h").AsksForHelp);
        Assert.True(Parse("-version").AsksForVersion);
    }

    [Theory]
    [InlineData("", "what is asked? publish, subscribe, route, consumer or connection")]
    [InlineData("pub a", "unknown question pub: publish, subscribe, route, consumer or connection")]
    [InlineData("publish --as u", "publish takes a subject")]
    [InlineData("publish a", "who? --as and a user, --cid and the number of a connection, or --account for users without permissions of their own")]
    [InlineData("publish a b --as u", "unexpected argument b: publish takes a subject")]
    [InlineData("subscribe a q b --as u", "unexpected argument b: subscribe takes a subject, and perhaps a queue group")]
    [InlineData("publish a --as u --cid 7", "--as or --cid, not both")]
    [InlineData("publish a --cid 0", "--cid takes the number of a connection")]
    [InlineData("publish a --cid x", "invalid value \"x\" for flag -cid: parse error")]
    [InlineData("publish a --as u --reply", "--reply is for route")]
    [InlineData("consumer S", "consumer takes a stream and a consumer")]
    [InlineData("connection", "connection takes the number of a connection, or --as and a user")]
    [InlineData("connection 7 --as u", "connection takes the number of a connection, or --as and a user")]
    [InlineData("connection 7 --cid 7", "connection takes the number of a connection, or --as and a user")]
    [InlineData("connection 0", "connection takes the number of a connection, not 0")]
    [InlineData("connection alice", "connection takes the number of a connection, not alice")]
    [InlineData("connection 7 --account A", "--account is not for connection")]
    [InlineData("route a --nope", "flag provided but not defined: -nope")]
    [InlineData("route a --timeout", "flag needs an argument: -timeout")]
    [InlineData("route a --timeout 0", "--timeout takes a duration such as 5s or 500ms")]
    [InlineData("route a --timeout -1s", "--timeout takes a duration such as 5s or 500ms")]
    [InlineData("route a --timeout 1e9", "--timeout takes a duration such as 5s or 500ms")]
    [InlineData("route a --timeout 999999h", "--timeout takes a duration such as 5s or 500ms")]
    [InlineData("route a -s http://x", "a server is asked by nats:// or tls://")]
    [InlineData("route a -s nats://x/y", "invalid address of a server: it looks like nats://user:password@host:4222")]
    [InlineData("route a -s nats://u:secret@", "invalid address of a server: it looks like nats://user:password@host:4222")]
    [InlineData("route a -s ,", "-s takes the address of a server")]
    [InlineData("route a --user u --creds f", "one way to log in: --user, --token, --creds or --nkey")]
    [InlineData("route a --user u --token t", "one way to log in: --user, --token, --creds or --nkey")]
    [InlineData("route a --nkey n --creds f", "one way to log in: --user, --token, --creds or --nkey")]
    [InlineData("route a --password p", "--password goes with --user")]
    [InlineData("route a --password p --nkey n", "--password goes with --user")]
    [InlineData("route a --tlscert c", "--tlscert and --tlskey go together")]
    [InlineData("route a --inbox-prefix a.*", "--inbox-prefix takes a subject without wildcards")]
    public void What_cannot_be_is_refused(string line, string reason) => Assert.Equal(reason, Problem(line));

    [Theory]
    [InlineData("--user u --password p", "u p - - -")]
    [InlineData("--user t", "- - t - -")]
    [InlineData("--token t", "- - t - -")]
    [InlineData("--creds c", "- - - c -")]
    [InlineData("--nkey n", "- - - - n")]
    [InlineData("-s nats://u:p%40%3A@h", "u p@: - - -")]
    [InlineData("-s nats://t@h", "- - t - -")]
    [InlineData("-s nats://x:y@h --user u --password p", "u p - - -")]
    [InlineData("$NATS_USER=u $NATS_PASSWORD=p", "u p - - -")]
    [InlineData("$NATS_USER=t", "- - t - -")]
    [InlineData("$NATS_CREDS=c $NATS_NKEY=n $NATS_TOKEN=t", "- - - c -")]
    [InlineData("$NATS_NKEY=n", "- - - - n")]
    [InlineData("$NATS_TOKEN=t", "- - t - -")]
    [InlineData("$NATS_CREDS=c -s nats://u:p@h", "u p - - -")]
    [InlineData("$NATS_CREDS=c --nkey n", "- - - - n")]
    [InlineData("$NATS_USER=u --password p", "u p - - -")]
    [InlineData("$NATS_PASSWORD=p --user u", "u p - - -")]
    [InlineData("$NATS_PASSWORD=p --nkey n", "- - - - n")]
    [InlineData("$NATS_URL=nats://u:p@h", "u p - - -")]
    public void One_logs_in_as_the_flags_the_url_or_the_environment_say(string line, string expected)
    {
        LoginSource login = Assert.Single(Parse("route a " + line).Connect.Targets).Login;

        string shown = string.Join(' ', new[] { login.User, login.Password, login.Token, login.CredentialsFile, login.NkeyFile }.Select(static text => text.Length > 0 ? text : "-"));
        Assert.Equal(expected, shown);
    }

    [Theory]
    [InlineData("", "nats://127.0.0.1:4222 clear")]
    [InlineData("-s localhost", "nats://localhost:4222 clear")]
    [InlineData("-s example.com:4223", "nats://example.com:4223 clear")]
    [InlineData("-s nats://my_host", "nats://my_host:4222 clear")]
    [InlineData("-s nats://[::1]:4223", "nats://[::1]:4223 clear")]
    [InlineData("--server NATS://u:p@h:1/", "nats://h:1 clear")]
    [InlineData("-s tls://h", "tls://h:4222 TLS")]
    [InlineData("-s a,tls://b", "nats://a:4222 clear, tls://b:4222 TLS")]
    [InlineData("--tlsca f", "nats://127.0.0.1:4222 TLS")]
    [InlineData("--tlsfirst", "nats://127.0.0.1:4222 TLS")]
    [InlineData("--tlscert c --tlskey k", "nats://127.0.0.1:4222 TLS")]
    [InlineData("$NATS_CA=f", "nats://127.0.0.1:4222 TLS")]
    [InlineData("$NATS_CERT=c $NATS_KEY=k", "nats://127.0.0.1:4222 TLS")]
    [InlineData("$NATS_URL=tls://h", "tls://h:4222 TLS")]
    [InlineData("$NATS_URL=tls://h -s other", "nats://other:4222 clear")]
    public void Servers_are_named_by_urls(string line, string expected)
    {
        ConnectSettings connect = Parse("route a " + line).Connect;

        Assert.Equal(expected, string.Join(", ", connect.Targets.Select(target => $"{target.Address} {(connect.WantsTls(target.Address) ? "TLS" : "clear")}")));
    }

    private static ExplainArguments Parse(string line)
    {
        (string[] arguments, Func<string, string?> environment) = Split(line);
        Assert.True(ExplainArguments.TryParse(arguments, environment, out ExplainArguments? read, out string? problem), problem);
        return read;
    }

    private static string? Problem(string line)
    {
        (string[] arguments, Func<string, string?> environment) = Split(line);
        Assert.False(ExplainArguments.TryParse(arguments, environment, out _, out string? problem));
        return problem;
    }

    // Words that begin with a dollar sign are variables.
    private static (string[] Arguments, Func<string, string?> Environment) Split(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> variables = words.Where(static word => word[0] == '$').Select(static word => word[1..].Split('=', 2))
            .ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal);
        return ([.. words.Where(static word => word[0] != '$')], name => variables.GetValueOrDefault(name));
    }
}
