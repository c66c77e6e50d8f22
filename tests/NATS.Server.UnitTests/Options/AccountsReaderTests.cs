using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

/// <summary>What the corpus cannot compare: values, and verdicts that the reference gives at random.</summary>
public sealed class AccountsReaderTests
{
    private const string UserKey = "UADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZUQLX";
    private const string AccountKey = "AADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZVUYI";

    [Fact]
    public void Accounts_can_be_names_only() => Assert.Equal(["A", "B"], Read("accounts: [A, B]").Accounts.Select(account => account.Name));

    [Fact]
    public void Users_belong_to_their_account_and_have_its_default_permissions()
    {
        var account = Assert.Single(Read($$"""
            accounts { A {
              users: [ { user: a, password: p }, { nkey: {{UserKey}}, permissions { publish: x }, allowed_connection_types: mqtt } ]
              default_permissions { subscribe: y }
              nkey: {{AccountKey}}
            } }
            """).Accounts);
        Assert.Equal(AccountKey, account.Nkey);
        Assert.All(account.Users, user => Assert.Equal("A", user.Account));
        Assert.Equal(["y"], account.Users[0].Permissions!.Subscribe!.Allow!);
        Assert.Equal((UserKey, "", "x"), (account.Users[1].Nkey, account.Users[1].Username, account.Users[1].Permissions!.Publish!.Allow!.Single()));
        Assert.Equal(["MQTT"], account.Users[1].AllowedConnectionTypes);
    }

    [Fact]
    public void Users_of_the_authorization_block_are_in_no_account()
    {
        var options = Read($"authorization {{ users: [ {{ user: a }}, {{ nkey: {UserKey}, proxy_required: false }} ] }}");
        Assert.Equal(["a", UserKey], options.AllUsers.Select(user => user.Nkey + user.Username));
        Assert.All(options.AllUsers, user => Assert.Equal("", user.Account));
    }

    [Fact]
    public void Limits_are_kept_and_left_out_ones_are_none()
    {
        var limits = Read("accounts { A { limits { max_conn: 5, max_payload: 1K, max_leafs: 5000000000 } } }").Accounts[0].Limits;
        Assert.Equal(new AccountLimitsOptions { MaxConnections = 5, MaxSubscriptions = -1, MaxPayload = 1000, MaxLeafNodes = 5_000_000_000 }, limits);
    }

    [Theory]
    [InlineData("msg_trace: t", "t", 100)]
    [InlineData("msg_trace { dest: t, sampling: \"5%\" }", "t", 5)]
    [InlineData("msg_trace { dest: t }", "t", 100)]
    [InlineData("msg_trace {}", "", 0)]
    public void A_trace_destination_samples_everything_unless_told_otherwise(string text, string destination, int sampling)
    {
        Assert.True(ConfigParser.Parse(Encoding.UTF8.GetBytes(text), "", ConfigSources.None).TryGetRoot(out var root, out _));
        var (name, value) = root.Single();
        var account = MessageTraceReader.Read(new AccountOptions { Name = "A" }, new ConfigEntry(name, value, new OptionsDiagnostics()));
        Assert.Equal((destination, sampling), (account.TraceDestination, account.TraceSampling));
    }

    [Fact]
    public void A_sampling_without_a_destination_is_warned_of()
    {
        var result = Load("accounts { A { msg_trace { sampling: 5 } } }");
        Assert.Equal(["test.conf:1:15: Trace destination sampling ignored since no destination was set"], result.Warnings);
        Assert.Equal(0, result.Options!.Accounts[0].TraceSampling);
    }

    [Fact]
    public void Exports_are_read()
    {
        var exports = Read("""
            accounts { A { exports: [
              { stream: "s.*", account_token_position: 2 }
              { accounts: [B], service: r, response_type: chunk, threshold: "5s", allow_trace: true }
              { latency { sampling: headers, subject: l }, service: q }
              { latency: l, service: p }
              { service: o, accounts: [] }
            ] }, B {} }
            """).Accounts[0].Exports;
        Assert.Equal(new ExportOptions(ExportKind.Stream, "s.*") { AccountTokenPosition = 2 }, exports[0]);
        Assert.Equal((ServiceResponseType.Chunked, TimeSpan.FromSeconds(5), true), (exports[1].ResponseType, exports[1].ResponseThreshold, exports[1].AllowTrace));
        Assert.Equal(["B"], exports[1].Accounts!);
        Assert.Equal([new ServiceLatencyOptions(0, "l"), new ServiceLatencyOptions(100, "l"), null], exports.Skip(2).Select(export => export.Latency));
        Assert.Null(exports[4].Accounts);
    }

    [Fact]
    public void Exports_of_one_subject_become_one()
    {
        var export = Assert.Single(Read("""
            accounts { A { exports: [ { service: s, accounts: [B], response: stream }, { service: s, accounts: [C], threshold: "1s" }, { service: s } ] }, B {}, C {} }
            """).Accounts[0].Exports);
        Assert.Equal(["B", "C"], export.Accounts!);
        Assert.Equal((ServiceResponseType.Streamed, TimeSpan.Zero), (export.ResponseType, export.ResponseThreshold));
    }

    [Fact]
    public void Imports_are_read()
    {
        var imports = Read("""
            accounts {
              A { imports: [
                { stream { account: B, subject: s }, prefix: p, allow_trace: true }
                { to: t, service { account: B, subject: r }, share: true }
              ] }
              B { exports: [ { stream: s }, { service: r } ] }
            }
            """).Accounts[0].Imports;
        Assert.Equal(
            [
                new ImportOptions(ExportKind.Stream, "B", "s") { Prefix = "p", AllowTrace = true },
                new ImportOptions(ExportKind.Service, "B", "r") { To = "t", Share = true },
            ],
            imports);
    }

    [Fact]
    public void The_system_account_is_known_before_accounts_are_read()
    {
        var options = Read("accounts { S {} }\nsystem: S");
        Assert.Equal(("S", false), (options.SystemAccount, options.NoSystemAccount));
        Assert.Equal("1:0: Error adding service latency sampling for \"a\": system account not setup",
            Error("accounts { A { exports: [ { service: a, latency: l } ] } }\nno_system_account: true"));
    }

    // The reference reads maps in random order, so that the first or the second of two things is to blame.
    [Theory]
    [InlineData("{ service: a, response: stream, response_type: stream }", "1:57: Duplicate response type definition")]
    [InlineData("{ service: a, threshold: \"5s\", response_time: \"5s\" }", "1:56: Duplicate response threshold detected")]
    [InlineData("{ stream: a, threshold: \"5s\" }", "1:38: Detected response directive on non-service")]
    [InlineData("{ threshold: \"5s\", stream: a }", "1:27: Detected response directive on non-service")]
    [InlineData("{ stream: a, service: b }", "1:38: Detected service \"b\" but already saw a stream")]
    [InlineData("{ service: b, stream: a }", "1:39: Detected stream \"a\" but already saw a service")]
    public void Contradictions_in_an_export_are_told_at_the_later_place(string export, string error) =>
        Assert.Equal(error, Error($"accounts {{ A {{ exports: [{export}] }} }}"));

    [Theory]
    [InlineData("{ stream { account: B, subject: x }, service { account: B, subject: x } }", "1:63: Detected service but already saw a stream")]
    [InlineData("{ service { account: B, subject: x }, stream { account: B, subject: x } }", "1:64: Detected stream but already saw a service")]
    [InlineData("{ stream { account: B, subject: x }, prefix: p, to: t }", "1:74: Stream import can not have a 'prefix' and a 'to' property")]
    [InlineData("{ to: t, prefix: p, stream { account: B, subject: x } }", "1:28: Stream import can not have a 'prefix' and a 'to' property")]
    public void Contradictions_in_an_import_are_told(string import, string error) => Assert.Equal(error, Error($"accounts {{ A {{ imports: [ {import} ] }}, B {{}} }}"));

    [Theory]
    [InlineData("authorization { users: [ { user: a } ] }\naccounts { A { users: [ { user: a } ] } }", "2:16: Duplicate user \"a\" detected")]
    [InlineData("accounts { A { users: [ { user: a } ] } }\nauthorization { users: [ { user: a } ] }", "2:1: Duplicate user \"a\" detected")]
    [InlineData("authorization { user: x }\naccounts { A { users: [ { user: a } ] } }", "2:16: Can not have a single user/pass and accounts")]
    [InlineData("accounts { A { users: [ { user: a } ] } }\nauthorization { user: x }", "2:1: Can not have a single user/pass and a users array")]
    [InlineData("authorization { token: x }\naccounts { A { users: [ { user: a } ] } }", "2:16: Can not have a token and accounts")]
    [InlineData("accounts { A { users: [ { user: a } ] } }\nauthorization { token: x }", "2:1: Can not have a token and a users array")]
    [InlineData("accounts { A { users: [ { user: a } ] }, B { users: [ { user: a } ] } }", "1:45: Duplicate user \"a\" detected")]
    [InlineData("accounts { A { users: [ { nkey: " + UserKey + " } ] }, B { users: [ { nkey: " + UserKey + " } ] } }", "1:100: Duplicate nkey \"" + UserKey + "\" detected")]
    public void A_name_is_one_user_in_all_blocks(string text, string error) => Assert.Equal(error, Error(text));

    [Fact]
    public void A_circle_of_services_is_refused() => Assert.Equal("1:0: Error adding service import \"x\": import forms a cycle", Error("""
        accounts {
          A { exports: [ { service: x } ], imports: [ { service { account: B, subject: x } } ] }
          B { exports: [ { service: x } ], imports: [ { service { account: A, subject: x } } ] }
        }
        """));

    [Fact]
    public void A_circle_of_streams_over_three_accounts_is_refused() => Assert.Equal("1:0: Error adding stream import \"x\": import forms a cycle", Error("""
        accounts {
          A { exports: [ { stream: x } ], imports: [ { stream { account: B, subject: x } } ] }
          B { exports: [ { stream: x } ], imports: [ { stream { account: C, subject: x } } ] }
          C { exports: [ { stream: x } ], imports: [ { stream { account: A, subject: x } } ] }
        }
        """));

    [Fact]
    public void Errors_elsewhere_keep_imports_from_being_checked() =>
        Assert.Equal("1:15: unknown field \"usrs\", did you mean \"users\"?", Error("accounts { A { usrs: [], imports: [ { stream { account: B, subject: x } } ] } }"));

    [Fact]
    public void A_position_before_the_first_token_is_refused() =>
        Assert.Equal("1:0: Error adding stream export \"a.*\": sublist: invalid subject", Error("accounts { A { exports: [ { stream: \"a.*\", account_token_position: -1 } ] } }"));

    [Fact]
    public void A_chain_of_a_thousand_accounts_is_checked_without_ado()
    {
        const int accounts = 1000;
        var blocks = Enumerable.Range(0, accounts).Select(i => i == 0
            ? "A0 { exports: [ { service: x } ] }"
            : $"A{i} {{ exports: [ {{ service: x }} ], imports: [ {{ service {{ account: A{i - 1}, subject: x }} }} ] }}");
        Assert.Equal(accounts, Read($"accounts {{ {string.Join('\n', blocks)} }}").Accounts.Count);
    }

    [Fact]
    public void A_chain_that_is_too_long_to_follow_is_refused()
    {
        var blocks = Enumerable.Range(0, 1030).Select(i => i == 0
            ? "A0 { exports: [ { service: x } ] }"
            : $"A{i} {{ exports: [ {{ service: x }} ], imports: [ {{ service {{ account: A{i - 1}, subject: x }} }} ] }}");
        Assert.Equal(
            "test.conf:1:0: Error adding service import \"x\": search cycle depth exhausted",
            Load($"accounts {{ {string.Join('\n', blocks)} }}").Errors[0]);
    }

    [Fact]
    public void Options_tell_no_secrets()
    {
        var account = Read("accounts { A { users: [ { user: a, password: hunter2 } ] } }").Accounts[0];
        Assert.DoesNotContain("hunter2", account.Users[0].ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", account.ToString(), StringComparison.Ordinal);
    }
}
