using System.Text.RegularExpressions;
using NATS.Server.Core.Config;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Config;

/// <summary>The reference reloads a configuration; what it logs or refuses is what <see cref="OptionsDiff"/> and <see cref="OptionsValidator"/> say.</summary>
public sealed partial class ConfigReloadTests
{
    private const string Base = "listen: \"127.0.0.1:-1\"\n";
    private const string UserKey = "UADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZUQLX";
    private const string OtherUserKey = "UAHBWKBVIJHVY2LWQOIJ3KVXYTI5527YAUJB6LBZIZJWA3L2Q6KKD5H6";
    private const string AccountKey = "AADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZVUYI";
    private const string OperatorKey = "OADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZVCUO";
    private const string OtherOperatorKey = "OAHBWKBVIJHVY2LWQOIJ3KVXYTI5527YAUJB6LBZIZJWA3L2Q6KKCPYH";

    // Each text comes after the base; a reload goes from nothing to it and back.
    public static TheoryData<string> Reloadable =>
    [
        "",
        "debug: true",
        "trace: true",
        "trace_verbose: true",
        "trace_headers: true",
        "logtime: false\nlogtime_utc: true",
        "max_connections: 100",
        "max_connections: 0",
        "max_payload: 2MB\nmax_control_line: 8kb",
        "ping_interval: \"90s\"\nping_max: 3",
        "ping_interval: \"1h1m1.5s\"",
        "write_deadline: \"1500us\"",
        "client_advertise: \"foo:4333\"",
        "client_advertise: \"foo\"",
        "max_traced_msg_len: 20",
        "server_tags: [a, b]\nserver_metadata { x: y }",
        "no_fast_producer_stall: true",
        "connect_error_reports: 5\nreconnect_error_reports: 6",
        "authorization { user: a, password: b, timeout: 1.5 }",
        "authorization { token: t }",
        "authorization { users: [ { user: a, password: b } ] }",
        "authorization { timeout: \"100ms\" }",
        "mappings { a: b }",
        "accounts { A { users: [ { user: a, password: b } ], exports: [ { stream: x } ] }, B { imports: [ { stream { account: A, subject: x } } ] } }",
        "accounts: [A, B]",
        "accounts { \"$SYS\" { users: [ { user: a, password: b } ] } }",
        "accounts { A { users: [ { nkey: " + UserKey + " } ] } }",
        "authorization { users: [ { nkey: " + UserKey + ", permissions { publish: [a, b] } }, { user: u, password: p } ] }",
        "resolver_pinned_accounts: [A]",
        "system_account: \"\"",
        "no_system_account: false",
        "pid_file: \"$FOLDER/pid\"\nports_file_dir: \"$FOLDER/flags-win\"",
        "syslog: false\nremote_syslog: \"\"",
    ];

    public static TheoryData<string> Refused =>
    [
        "server_name: x",
        "max_pending: 70mb",
        "max_subs: 5",
        "max_sub_tokens: 4",
        "http: -1",
        "http_base_path: \"x\"",
        "log_size_limit: 5",
        "log_max_num: 3",
        "write_timeout: close",
        "write_timeout: retry",
        "max_closed_clients: 4",
        "lame_duck_duration: \"40s\"",
        "lame_duck_grace_period: \"5s\"",
        "disable_sublist_cache: true",
        "no_header_support: true",
        "feature_flags { b: true, a: false }",
        "no_auth_user: q",
        "no_auth_user: q\nauthorization { users: [ { user: u } ] }",
        "no_auth_user: u\nauthorization { users: [ { user: u } ] }",
        "system_account: A\naccounts { A {} }",
        "no_system_account: true",
        "no_auth_user: a\naccounts { A { users: [ { user: a } ] } }",
        "authorization { proxy_required: true }",
        "authorization { users: [ { user: a } ], auth_callout { issuer: " + AccountKey + ", auth_users: [ a ] } }",
        "trusted_keys: [ " + OtherOperatorKey + ", " + OperatorKey + " ]",
        "resolver: MEM",
        "default_sentinel: x",
        "accounts { A { imports: [ { stream { account: B, subject: x } } ] } }",
        "accounts { A { users: [ { user: a } ] }, B { users: [ { user: a } ] } }",
        "client_advertise: \"a:b:c\"",
        "client_advertise: \"a:x\"",
        "client_advertise: \"[a:1\"",
        "max_payload: 200MB",
        "lame_duck_duration: \"30s\"\nlame_duck_grace_period: \"40s\"",
        "foo: 1",
        "debug: 5",
        "debug: {",
    ];

    [Theory]
    [MemberData(nameof(Reloadable))]
    public async Task Notices_of_a_reload_are_those_of_the_reference(string change)
    {
        await using var server = await StartAsync();
        foreach (var text in (string[])[change, ""])
        {
            var before = OptionsInForce(server);
            var reference = await ReloadAsync(server, text, "Reloaded server configuration");

            var next = Load(server);
            var diff = OptionsDiff.Compare(before, OptionsDiff.CarryOver(before, next));
            Assert.Empty(Contradictions(next));
            Assert.Empty(diff.Errors);
            var ours = diff.Changes.Select(static option => option.Notice).Where(static notice => notice.Length > 0).Append(OptionsDiff.CompletionNotice(next));
            Assert.Equal(reference, ours);
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Refusals_of_a_reload_are_those_of_the_reference(string change)
    {
        await using var server = await StartAsync();
        var before = OptionsInForce(server);
        var reference = (await ReloadAsync(server, change, "Failed to reload server configuration"))[^1]["Failed to reload server configuration: ".Length..];

        var result = OptionsLoader.ForThisProcess.Load(Path.Combine(server.Folder, "server.conf"), FlagsOf(server));
        var ours = result.Options is null && !IsOnlyUnbuilt(result)
            ? result.Report.TrimEnd('\n')
            : Contradictions(Load(server)).Concat(OptionsDiff.Compare(before, OptionsDiff.CarryOver(before, Load(server))).Errors).First();
        Assert.Equal(WithoutChance(reference), WithoutChance(ours));
    }

    // Which of two accounts the reference looks at first is a matter of chance, and with it where the second of two users stands.
    private static string WithoutChance(string refusal) =>
        refusal.IndexOf(": Duplicate user ", StringComparison.Ordinal) is var at and >= 0 ? refusal[at..] : refusal;

    // From one configuration to another, refused or not.
    public static TheoryData<string, string> Changes => new()
    {
        { $"authorization {{ users: [ {{ nkey: {UserKey} }} ] }}", $"authorization {{ users: [ {{ nkey: {UserKey} }} ] }}" },
        { $"authorization {{ users: [ {{ nkey: {UserKey} }}, {{ nkey: {OtherUserKey} }} ] }}", $"authorization {{ users: [ {{ nkey: {OtherUserKey} }}, {{ nkey: {UserKey} }} ] }}" },
        { $"authorization {{ users: [ {{ nkey: {UserKey} }} ] }}", $"authorization {{ users: [ {{ nkey: {UserKey}, permissions {{ publish: a }} }} ] }}" },
        { $"accounts {{ A {{ users: [ {{ nkey: {UserKey} }} ] }} }}", $"accounts {{ A {{ users: [ {{ nkey: {UserKey} }} ] }} }}" },
        { $"no_auth_user: {UserKey}\nauthorization {{ users: [ {{ nkey: {UserKey} }} ] }}", $"authorization {{ users: [ {{ nkey: {UserKey} }} ] }}" },
        { "no_auth_user: a\naccounts { A { users: [ { user: a } ] } }", "accounts { A { users: [ { user: a } ] } }" },
        { "no_auth_user: a\naccounts { A { users: [ { user: a } ] } }", "accounts { A { users: [ { user: b } ] } }" },
        { "accounts { A {}, B {} }\nsystem_account: A", "accounts { A {}, B {} }\nsystem_account: B" },
        { "accounts { A {}, B {} }\nsystem_account: A", "accounts { A {}, B {} }" },
        { $"trusted_keys: [ {OperatorKey}, {OtherOperatorKey} ]", $"trusted_keys: [ {OtherOperatorKey}, {OperatorKey} ]" },
        { $"trusted_keys: [ {OperatorKey}, {OtherOperatorKey} ]", $"trusted_keys: {OtherOperatorKey}" },
        { "resolver: MEM", "resolver: MEMORY" },
        { "resolver: MEM", "" },
        { "", "prof_port: 44321" },
        { $"proxies {{ trusted: [ {{ key: {UserKey} }}, {{ key: {OperatorKey} }} ] }}", $"proxies {{ trusted: [ {{ key: {OperatorKey} }}, {{ key: {UserKey} }} ] }}" },
        { $"proxies {{ trusted: [ {{ key: {UserKey} }}, {{ key: {OperatorKey} }} ] }}", $"proxies {{ trusted: [ {{ key: {OperatorKey} }}, {{ key: {AccountKey} }} ] }}" },
        {
            $"authorization {{ users: [ {{ user: a }} ], auth_callout {{ issuer: {AccountKey}, auth_users: [ a ] }} }}",
            $"authorization {{ users: [ {{ user: a }} ], auth_callout {{ issuer: {AccountKey}, auth_users: [ a ], account: B }} }}"
        },
        {
            $"authorization {{ users: [ {{ user: a }} ], auth_callout {{ issuer: {AccountKey}, auth_users: [ a ] }} }}",
            $"authorization {{ users: [ {{ user: a }} ], auth_callout {{ issuer: {AccountKey}, auth_users: [ a ] }} }}"
        },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_is_told_or_refused_as_the_reference_does(string first, string second)
    {
        await using var server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = Base + first + "\n", RandomPort = false });
        var before = OptionsInForce(server);
        server.WriteConfig(Base + second + "\n");
        var reference = await SignalAsync(server, "server configuration");

        var next = Load(server);
        var diff = OptionsDiff.Compare(before, OptionsDiff.CarryOver(before, next));
        Assert.Equal(reference, diff.Errors.Count > 0
            ? [$"Failed to reload server configuration: {diff.Errors[0]}"]
            : diff.Changes.Select(static option => option.Notice).Where(static notice => notice.Length > 0).Append(OptionsDiff.CompletionNotice(next)));
    }

    // What is said of a running JetStream, of one that starts and of one that ends.
    public static TheoryData<string, string> JetStreamChanges
    {
        get
        {
            var data = new TheoryData<string, string>();
            string[] additions =
            [
                "domain: hub", "strict: false", "sync: \"5s\"", "sync: always", "cipher: aes", "unique_tag: a", "max_outstanding_catchup: 5", "max_buffered_size: 5", "max_buffered_msgs: 5",
                "request_queue_limit: 5", "info_queue_limit: 5", "meta_compact: 5", "meta_compact_size: 5", "meta_compact_sync: true", "max_concurrent_io: 5", "extension_hint: will_extend",
                "limits { max_ack_pending: 5 }", "limits { max_ha_assets: 5, max_request_batch: 6, duplicate_window: \"5s\" }", "limits { batch { max_msgs: 5, timeout: \"3s\" } }",
                "limits { default_max_consumers: 5 }", "tpm { keys_file: x }",
            ];
            foreach (var addition in additions) data.Add(Block(""), Block(addition));
            data.Add(Block("limits { max_ack_pending: 5 }"), Block(""));
            data.Add(Block(""), Block("limits { max_ack_pending: 5 }", "2000", "2000"));
            (string First, string Second)[] sizes =
            [
                ("1000", "2000"), ("1000", "500"), ("1000", "0"), ("1000", "-1"), ("1000", "-5"), ("0", "1000"), ("0", "-1"), ("-1", "1000"), ("-1", "0"), ("-1", "-5"), ("-5", "1000"), ("-5", "-3"),
            ];
            foreach (var (first, second) in sizes)
            {
                data.Add(Block("", first), Block("", second));
                data.Add(Block("", files: first), Block("", files: second));
            }

            foreach (var off in (string[])["", "jetstream: false", Block("enabled: false"), Block("enabled: false", "500"), StoreDirectory])
            {
                data.Add(Block(""), off);
                data.Add(off, Block(""));
                data.Add(Block("domain: hub"), off);
                data.Add(off, Block("domain: hub"));
                data.Add(Block("max_concurrent_io: 5"), off);
                data.Add(off, Block("max_concurrent_io: 5"));
            }

            data.Add(Block(""), Block("").Replace("/js", "/other", StringComparison.Ordinal));
            data.Add(Block(""), Block("enabled: false").Replace("/js", "/other", StringComparison.Ordinal));
            data.Add(StoreDirectory, StoreDirectory.Replace("/js", "/other", StringComparison.Ordinal));
            data.Add(StoreDirectory + "\njetstream: enabled", "jetstream { }");
            data.Add(Block(""), "default_js_domain { \"$G\": hub }\n" + Block(""));
            data.Add("accounts { A { jetstream { max_mem: 100 } } }\n" + Block(""), "accounts { A { jetstream { max_mem: 200 } } }\n" + Block(""));
            data.Add("accounts { A { jetstream: enabled } }\n" + Block(""), "accounts { A { jetstream: disabled } }\n" + Block(""));
            return data;

            static string Block(string addition, string memory = "1000", string files = "1000") => $"jetstream {{ store_dir: \"$FOLDER/js\", max_mem: {memory}, max_file: {files}\n {addition} }}";
        }
    }

    private const string StoreDirectory = "store_dir: \"$FOLDER/js\"";

    [Theory]
    [MemberData(nameof(JetStreamChanges))]
    public Task A_change_of_JetStream_is_told_or_refused_as_the_reference_does(string first, string second) => A_change_is_told_or_refused_as_the_reference_does(first, second);

    [Theory]
    [InlineData("127.0.0.1:4", "Port")]
    [InlineData("127.0.0.2:-1", "Host")]
    public async Task Another_address_is_refused_with_the_real_one(string address, string field)
    {
        await using var server = await StartAsync();
        var before = OptionsInForce(server);
        server.WriteConfig($"listen: \"{address}\"\n");
        var reference = await SignalAsync(server, "Failed to reload server configuration");

        var diff = OptionsDiff.Compare(before, OptionsDiff.CarryOver(before, Load(server)));
        Assert.EndsWith(diff.Errors[0], reference[^1]);
        Assert.StartsWith($"config reload not supported for {field}: old={(field == "Port" ? server.Port : "127.0.0.1")}, ", diff.Errors[0]);
    }

    // What the harness passes to the process.
    private static FlagOverrides FlagsOf(ServerProcess server) => new() { PortsFileDir = server.Folder };

    private static Task<ServerProcess> StartAsync() =>
        ReferenceServer.StartAsync(new ServerProcessOptions { Config = Base, RandomPort = false });

    // Also options that nothing acts on yet: what a reload says of them is known all the same.
    private static ServerOptions Load(ServerProcess server)
    {
        var file = Path.Combine(server.Folder, "server.conf");
        var result = OptionsLoader.ForThisProcess.Load(file, FlagsOf(server));
        if (result.Options is not null) return result.Options;
        Assert.True(IsOnlyUnbuilt(result), result.Report);
        Assert.True(ConfigParser.Parse(File.ReadAllBytes(file), file, ConfigSources.None).TryGetRoot(out var root, out var error), error);
        var options = OptionsReader.Read(root, file, new OptionsDiagnostics(), allowUnknown: false);
        return OptionsBaseline.Apply(options with { ConfigFile = file, ConfigDigest = result.Digest, PortsFileDir = server.Folder });
    }

    private static bool IsOnlyUnbuilt(LoadResult result) => result.Errors.Count > 0 && result.Errors.All(IsUnbuilt);

    private static bool IsUnbuilt(string error) => error.EndsWith(" is not built yet", StringComparison.Ordinal);

    private static IEnumerable<string> Contradictions(ServerOptions options) => OptionsValidator.Validate(options).Where(static error => !IsUnbuilt(error));

    private static ServerOptions OptionsInForce(ServerProcess server) => Load(server) with { Port = server.Port };

    private static Task<IReadOnlyList<string>> ReloadAsync(ServerProcess server, string change, string until)
    {
        server.WriteConfig(Base + change + "\n");
        return SignalAsync(server, until);
    }

    // What the reference logs from the signal to the given text, without its frame.
    private static async Task<IReadOnlyList<string>> SignalAsync(ServerProcess server, string until)
    {
        var from = server.Log.Count;
        server.Signal("HUP");
        await server.WaitForLogAsync(until, from);
        var lines = server.Log.Skip(from).Select(static line => Frame().Replace(line, "")).ToList();
        var end = lines.FindIndex(line => line.Contains(until, StringComparison.Ordinal));
        return [.. lines.Take(end + 1).Where(static line => line.StartsWith("Reload", StringComparison.Ordinal) || line.StartsWith("Failed", StringComparison.Ordinal))];
    }

    [GeneratedRegex(@"^\[\d+\] (\S+ \S+ )?\[[A-Z]{3}\] ")]
    private static partial Regex Frame();
}
