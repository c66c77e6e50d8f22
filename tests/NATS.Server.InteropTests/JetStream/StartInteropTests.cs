using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.InteropTests.Host;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>JetStream starts, or does not, as the configuration says: log, exit code and monitoring of both servers are the same.</summary>
public sealed partial class StartInteropTests : IDisposable
{
    private const string Named = "server_name: x\n";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Started =>
    [
        "jetstream { store_dir: js }",
        "jetstream: enabled\nstore_dir: \"./js/../js\"",
        "jetstream { store_dir: \"$FOLDER/js\", max_mem: 1GB, max_file: 10GB, domain: hub, key: abc, cipher: aes, unique_tag: \" AZ: \", sync: always }",
        "jetstream { store_dir: js, key: abc, prev_key: def, strict: false, sync_interval: \"5s\" }",
        "jetstream { store_dir: js, max_mem: 0, max_file: 5 }",
        "jetstream { store_dir: js, max_mem: -5, max_file: \"3T\", request_queue_limit: 5, extension_hint: x, tpm { pcr: 5 } }",
        """
        jetstream { store_dir: js, max_mem: 1, max_file: 2, limits { max_ack_pending: 1, max_ha_assets: 2, max_request_batch: 3, duplicate_window: "4s", default_max_consumers: -1
          batch { max_inflight_per_stream: 5, max_inflight_total: 6, max_msgs: 7, timeout: "8s" } } }
        """,
        "accounts { A { jetstream { max_mem: 600 } }, B { jetstream { max_mem: 400, max_file: -1 } }, C {} }\njetstream { store_dir: js, max_mem: 1000, max_file: 1000 }",
        "no_system_account: true\njetstream { store_dir: js, max_mem: 1, max_file: 1 }",
        "jetstream { enabled: false, store_dir: js }",
        "accounts { A { jetstream: enabled } }",
    ];

    [Theory]
    [MemberData(nameof(Started))]
    public async Task What_is_in_force_is_logged_and_monitored_as_by_the_reference(string config)
    {
        var (referenceLog, reference, referenceSystem) = await RunAsync(ReferenceServer.Path);
        var (ourLog, ours, ourSystem) = await RunAsync(OurServer.Path);
        Assert.Equal(referenceLog, ourLog);
        Assert.Equal(reference, ours);
        Assert.Equal(referenceSystem, ourSystem);

        async Task<(IReadOnlyList<string> Log, string JetStream, string System)> RunAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = Named + config + "\n", Arguments = ["-m", "-1"] });
            await server.WaitForLogAsync("Server is ready");
            using JsonDocument varz = JsonDocument.Parse(await BodyAsync(server, "/varz"));
            var log = Lines(server.Log).Select(line => line.Replace(server.Folder, "FOLDER", StringComparison.Ordinal)).ToList();
            var shown = varz.RootElement.GetProperty("jetstream").GetRawText().Replace(server.Folder, "FOLDER", StringComparison.Ordinal);
            Assert.Equal(0, await server.StopAsync());
            // What is free on a disk changes from moment to moment.
            return (log, FreeDisk().Replace(shown, "\"max_storage\": DISK"), varz.RootElement.TryGetProperty("system_account", out var system) ? system.GetString()! : "");
        }
    }

    public static TheoryData<string> Refused =>
    [
        "jetstream { store_dir: \"test.conf\" }",
        "jetstream { store_dir: \"test.conf/deeper\" }",
        "jetstream { store_dir: \"/proc/none\" }",
        "jetstream { store_dir: \"/proc/none\", max_mem: 1, max_file: 1 }",
        "jetstream { store_dir: js, tpm { keys_file: x } }",
        "jetstream { store_dir: js, key: k, tpm { keys_file: x } }",
        "jetstream { store_dir: js }\nsystem_account: A\naccounts { A { jetstream: enabled } }",
        "jetstream { store_dir: js }\naccounts { \"$SYS\" { jetstream: enabled } }",
        "jetstream { store_dir: js, max_mem: 1000, max_file: 1000 }\naccounts { A { jetstream { max_mem: 1001 } } }",
        "jetstream { store_dir: js, max_mem: 1000, max_file: 1000 }\naccounts { A { jetstream { max_file: 1001 } } }",
        "jetstream { store_dir: js, max_mem: 1000, max_file: 1000 }\naccounts { A { jetstream { max_mem: 600 } }, B { jetstream { max_mem: 600 } } }",
        "jetstream { store_dir: js, domain: \"a.b\" }",
        "jetstream { store_dir: js, domain: \"a b\" }",
        "jetstream { store_dir: js, domain: \"a*\" }",
        "jetstream { enabled: false, domain: \">\" }",
        "default_js_domain { A: hub }",
        "default_js_domain { A: hub }\naccounts { A { jetstream: enabled } }",
        "default_js_domain { \"$SYS\": hub }",
        "default_js_domain { \"$SYS\": hub }\naccounts { \"$SYS\" {} }",
        "default_js_domain { \"$G\": \"a..b\" }",
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_start_ends_as_the_reference_does(string config)
    {
        _folder.Write("test.conf", $"{Named}listen: \"127.0.0.1:-1\"\n{config}\n");
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-c", "test.conf");
        Assert.Equal((1, 1), (reference.ExitCode, ours.ExitCode));
        Assert.Equal(Lines(reference.ErrorLines), Lines(ours.ErrorLines));

        // A check of the file does not look at any of this.
        var (checkedByReference, checkedByOurs) = await CommandRun.OfBothAsync(_folder.Path, "-t", "-c", "test.conf");
        Assert.Equal((0, 0), (checkedByReference.ExitCode, checkedByOurs.ExitCode));
        Assert.Equal(checkedByReference.ErrorLines, checkedByOurs.ErrorLines);
    }

    public static TheoryData<string, string> Flags => new()
    {
        { "jetstream: disabled\nstore_dir: file", "-js" },
        { "jetstream { enabled: false, max_mem: 5, max_file: 5, store_dir: file }", "--jetstream" },
        { "jetstream { max_mem: 5, max_file: 5 }", "-sd flag" },
        { "jetstream { max_mem: 5, max_file: 5 }", "--store_dir $FOLDER/flag" },
        { "debug: false", "-js -sd flag" },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public async Task Flags_switch_JetStream_on_and_name_its_directory(string config, string flags)
    {
        Assert.Equal(await LogOfAsync(ReferenceServer.Path), await LogOfAsync(OurServer.Path));

        async Task<IReadOnlyList<string>> LogOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = Named + config + "\n", Arguments = flags.Split(' ') });
            await server.WaitForLogAsync("Server is ready");
            var log = Lines(server.Log).Select(line => line.Replace(server.Folder, "FOLDER", StringComparison.Ordinal)).ToList();
            Assert.Contains("[INF] Starting JetStream", log);
            return log;
        }
    }

    [Theory]
    [InlineData("jetstream { store_dir: file }")]
    [InlineData("jetstream: enabled\nstore_dir: file")]
    public async Task A_directory_is_named_by_a_flag_or_by_the_file_but_not_by_both(string config)
    {
        _folder.Write("test.conf", $"{Named}listen: \"127.0.0.1:-1\"\n{config}\n");
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-c", "test.conf", "-sd", "flag");
        Assert.Equal((1, 1), (reference.ExitCode, ours.ExitCode));
        Assert.Equal(reference.ErrorLines, ours.ErrorLines);
    }

    private static readonly string[] Asked =
    [
        "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.hub.API.INFO", "$JS.hub.API.STREAM.NAMES", "$JS.hub.API.X", "$JS.hub.API.$KV.a.b", "$KV.a.b", "$OBJ.x", "$JS.hub.API.DIRECT.GET.S",
        "$JS.hub.API.META.LEADER.STEPDOWN", "$JS.spoke.API.INFO", "plain",
    ];

    [Theory]
    [InlineData("accounts { A { users: [ { user: a } ] } }\nno_auth_user: a\ndefault_js_domain { A: hub }")]
    [InlineData("accounts { A { users: [ { user: a } ] } }\nno_auth_user: a\ndefault_js_domain { A: spoke }\njetstream { store_dir: js, domain: hub }")]
    [InlineData("accounts { A { users: [ { user: a } ], jetstream: enabled } }\nno_auth_user: a\ndefault_js_domain { A: \"\" }\njetstream { store_dir: js, domain: hub }")]
    [InlineData("accounts { \"$SYS\" { users: [ { user: a } ] } }\nno_auth_user: a\njetstream { store_dir: js, domain: hub }")]
    [InlineData("default_js_domain { \"$G\": hub }")]
    [InlineData("jetstream { store_dir: js, domain: hub }")]
    [InlineData("mappings { \"$JS.hub.API.INFO\": other, \"plain\": mapped }\njetstream { store_dir: js, domain: hub }")]
    [InlineData("accounts { A { users: [ { user: a } ], imports: [ { service { account: B, subject: \"$JS.API.>\" } } ] }, B { exports: [ { service: \"$JS.API.>\" } ] } }\nno_auth_user: a\njetstream { store_dir: js, domain: hub }")]
    public async Task What_is_asked_of_a_domain_goes_where_the_reference_sends_it(string config)
    {
        Assert.Equal(await SubjectsOfAsync(ReferenceServer.Path), await SubjectsOfAsync(OurServer.Path));

        async Task<string> SubjectsOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = Named + config + "\n" });
            await using RawClient client = await RawClient.HandshakeAsync(server.Port);
            await client.SendAsync("SUB > 1\r\n");
            await client.PingAsync();
            foreach (string subject in Asked) await client.SendAsync($"PUB {subject} 7\r\nmy text\r\n");
            await client.SendAsync("PUB the.end 7\r\nmy text\r\n");
            string received = await client.ReadUntilAsync("MSG the.end 1 7\r\n");

            // What the answering side says of it comes in any order.
            return string.Join('\n', Deliveries().Matches(received).Select(static match => match.Groups[1].Value));
        }
    }

    private static async Task<string> BodyAsync(ServerProcess server, string path)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.MonitorPort);
        await client.SendAsync($"GET {path} HTTP/1.0\r\n\r\n");
        return (await client.ReadToCloseAsync()).Split("\r\n\r\n", 2)[1];
    }

    public void Dispose() => _folder.Dispose();

    // Without the art, what a run decides by chance, and how long it took.
    private static List<string> Lines(IEnumerable<string> log) =>
    [
        .. log.Select(CommandRun.WithoutStamp)
            .Where(static line => !Art().IsMatch(line) && !Chance().IsMatch(line))
            .Select(static line => line.Contains("] Took ", StringComparison.Ordinal) ? "Took TIME" : line)
            .Select(static line => FreeSpace().Replace(line, "Max Storage:     DISK")),
    ];

    [GeneratedRegex(@"_ _|\|_|\| \||docs\.nats\.io|^\[INF\] $")]
    private static partial Regex Art();

    [GeneratedRegex(@"^\[INF\]   ID:|Listening for client|Starting http monitor|^\[INF\] Using configuration file")]
    private static partial Regex Chance();

    // Below a terabyte it is the machine's in the configurations here.
    [GeneratedRegex(@"Max Storage:     \d+\.\d\d GB$")]
    private static partial Regex FreeSpace();

    [GeneratedRegex(@"""max_storage"": \d{11,}")]
    private static partial Regex FreeDisk();

    [GeneratedRegex(@"MSG (\S+) 1 7\r\n")]
    private static partial Regex Deliveries();
}
