using NATS.Server.Core.Storage;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Options;

public sealed class OptionsDiffTests
{
    private static readonly ServerOptions Current = new() { Port = 4222 };
    private static readonly TlsOptions Tls = new();
    private static readonly string[] EveryTime = ["Reloaded: authorization users", "Reloaded: accounts"];

    public static TheoryData<ServerOptions, string> Reloadable => new()
    {
        { Current with { Metrics = new MetricsOptions { IsEnabled = true } }, "Reloaded: metrics" },
        { Current with { ClientAdvertise = "a:1" }, "Reload: client_advertise = a:1" },
        { Current with { Trace = true }, "Reloaded: trace = true" },
        { Current with { Debug = true }, "Reloaded: debug = true" },
        { Current with { TraceVerbose = true }, "Reloaded: trace_verbose = true" },
        { Current with { TraceHeaders = true }, "Reloaded: trace_headers = true" },
        { Current with { Logtime = false }, "Reloaded: logtime = false" },
        { Current with { LogtimeUtc = true }, "Reloaded: logtime_utc = true" },
        { Current with { LogFile = "x" }, "Reloaded: log_file = x" },
        { Current with { Syslog = true }, "Reloaded: syslog = true" },
        { Current with { RemoteSyslog = "x" }, "Reloaded: remote_syslog = x" },
        { Current with { MaxConnections = -1 }, "Reloaded: max_connections = -1" },
        { Current with { Authorization = new AuthorizationOptions { Username = "a" } }, "Reloaded: authorization username" },
        { Current with { Authorization = new AuthorizationOptions { Password = "a" } }, "Reloaded: authorization password" },
        { Current with { Authorization = new AuthorizationOptions { Token = "a" } }, "Reloaded: authorization token" },
        { Current with { Authorization = new AuthorizationOptions { Timeout = TimeSpan.FromSeconds(1.5) } }, "Reloaded: authorization timeout = 1.5" },
        { Current with { PingInterval = TimeSpan.FromSeconds(90) }, "Reloaded: ping_interval = 1m30s" },
        { Current with { MaxPingsOut = 3 }, "Reloaded: ping_max = 3" },
        { Current with { MaxControlLine = 5 }, "Reloaded: max_control_line = 5" },
        { Current with { MaxPayload = 5 }, "Reloaded: max_payload = 5" },
        { Current with { NoFastProducerStall = true }, "Reloaded: fast producers will not be stalled" },
        { Current with { PidFile = "x" }, "Reloaded: pid_file = x" },
        { Current with { PortsFileDir = "x" }, "Reloaded: ports_file_dir = x" },
        { Current with { Tls = Tls }, "Reloaded: tls = enabled" },
        { Current with { WriteDeadline = TimeSpan.FromMilliseconds(1.5) }, "Reloaded: write_deadline = 1.5ms" },
        { Current with { MaxTracedMessageLength = 5 }, "Reloaded: max_traced_msg_len = 5" },
        { Current with { ConnectErrorReports = 5 }, "Reloaded: connect_error_reports = 5" },
        { Current with { ReconnectErrorReports = 5 }, "Reloaded: reconnect_error_reports = 5" },
        { Current with { Tags = ["a"] }, "Reloaded: tags" },
        { Current with { Metadata = new Dictionary<string, string> { ["a"] = "b" } }, "Reloaded: metadata" },
        { Current with { Authorization = new AuthorizationOptions { Users = [new UserOptions { Username = "", Nkey = "U" }] } }, "Reloaded: authorization nkey users" },
        {
            Current with { Accounts = [new AccountOptions { Name = "A", Users = [new UserOptions { Username = "", Nkey = "U", Account = "A" }] }] },
            "Reloaded: authorization nkey users"
        },
        { Current with { JetStream = new JetStreamOptions() }, "Reloaded: JetStream" },
        { With(o => o with { Limits = new JetStreamLimitOptions { MaxAckPending = 5 } }), "Reloaded: JetStream limits" },
        { Current with { Operator = new OperatorOptions { DefaultSentinel = "secret" } }, "Reloaded: default_sentinel = [REDACTED]" },
        { Current with { TrustedProxies = ["A", "B"] }, "Reloaded: proxies trusted keys [\"A\" \"B\"] were added" },
    };

    public static TheoryData<ServerOptions, string> Refused => new()
    {
        { Current with { ConfigFile = "x" }, "config reload not supported for ConfigFile: old=, new=x" },
        { Current with { ServerName = "x" }, "config reload not supported for ServerName: old=, new=x" },
        { Current with { Host = "x" }, "config reload not supported for Host: old=0.0.0.0, new=x" },
        { Current with { Port = 5 }, "config reload not supported for Port: old=4222, new=5" },
        { Current with { DontListen = true }, "config reload not supported for DontListen: old=false, new=true" },
        { Current with { DisableSublistCache = true }, "config reload not supported for NoSublistCache: old=false, new=true" },
        { Current with { NoHeaderSupport = true }, "config reload not supported for NoHeaderSupport: old=false, new=true" },
        { Current with { MaxSubscriptions = 5 }, "config reload not supported for MaxSubs: old=0, new=5" },
        { Current with { MaxSubTokens = 5 }, "config reload not supported for MaxSubTokens: old=0, new=5" },
        { Current with { HttpHost = "x" }, "config reload not supported for HTTPHost: old=, new=x" },
        { Current with { HttpPort = 5 }, "config reload not supported for HTTPPort: old=0, new=5" },
        { Current with { HttpBasePath = "/x" }, "config reload not supported for HTTPBasePath: old=, new=/x" },
        { Current with { HttpsPort = 5 }, "config reload not supported for HTTPSPort: old=0, new=5" },
        { Current with { ProfilePort = 5 }, "config reload not supported for ProfPort: old=0, new=5" },
        { Current with { AllowNonTls = true }, "config reload not supported for AllowNonTLS: old=false, new=true" },
        { Current with { OcspCache = OcspCacheKind.None }, "config reload not supported for OCSPCacheConfig: old=local, new=none" },
        { Current with { MaxPending = 5 }, "config reload not supported for MaxPending: old=67108864, new=5" },
        { Current with { LogSizeLimit = 5 }, "config reload not supported for LogSizeLimit: old=0, new=5" },
        { Current with { LogMaxFiles = 5 }, "config reload not supported for LogMaxFiles: old=0, new=5" },
        { Current with { WriteTimeout = WriteTimeoutPolicy.Close }, "config reload not supported for WriteTimeout: old=, new=close" },
        { Current with { MaxClosedClients = 5 }, "config reload not supported for MaxClosedClients: old=10000, new=5" },
        { Current with { LameDuckDuration = TimeSpan.FromSeconds(40) }, "config reload not supported for LameDuckDuration: old=2m0s, new=40s" },
        { Current with { LameDuckGracePeriod = TimeSpan.FromSeconds(5) }, "config reload not supported for LameDuckGracePeriod: old=10s, new=5s" },
        {
            Current with { FeatureFlags = new Dictionary<string, bool> { ["b"] = true, ["a"] = false } },
            "config reload not supported for FeatureFlags: old=map[], new=map[a:false b:true]"
        },
        { Current with { NoAuthUser = "x" }, "config reload not supported for NoAuthUser: old=, new=x" },
        { Current with { SystemAccount = "A" }, "config reload not supported for SystemAccount: old=, new=A" },
        { Current with { NoSystemAccount = true }, "config reload not supported for NoSystemAccount: old=false, new=true" },
        { Current with { Authorization = new AuthorizationOptions { ProxyRequired = true } }, "config reload not supported for ProxyRequired: old=false, new=true" },
        {
            Current with { Authorization = new AuthorizationOptions { Callout = new AuthCalloutOptions { Issuer = "A", Account = "$G", AuthUsers = ["a", "b"] } } },
            "config reload not supported for AuthCallout: old=<nil>, new=&{A $G [a b]  []}"
        },
        { Current with { Operator = new OperatorOptions { TrustedKeys = ["P", "O"] } }, "config reload not supported for TrustedKeys: old=[], new=[O P]" },
        { Current with { Operator = new OperatorOptions { Tokens = ["x"] } }, "config reload not supported for TrustedOperators: old=[], new=[]" },
        {
            Current with { Operator = new OperatorOptions { Resolver = new ResolverOptions(ResolverKind.Memory) } },
            "config reload does not support moving to or from an account resolver"
        },
        { With(o => o with { IsStrict = false }), "config reload not supported for NoJetStreamStrict: old=false, new=true" },
        { With(o => o with { Domain = "x" }), "config reload not supported for JetStreamDomain: old=, new=x" },
        { With(o => o with { ExtensionHint = "x" }), "config reload not supported for JetStreamExtHint: old=, new=x" },
        { With(o => o with { Key = "secret" }), "config reload not supported for JetStreamKey: old=, new=[REDACTED]" },
        { With(o => o with { PreviousKey = "secret" }), "config reload not supported for JetStreamOldKey: old=, new=[REDACTED]" },
        { With(o => o with { Cipher = StoreCipher.Aes }), "config reload not supported for JetStreamCipher: old=ChaCha20-Poly1305, new=AES-GCM" },
        { With(o => o with { UniqueTag = "x" }), "config reload not supported for JetStreamUniqueTag: old=, new=x" },
        { With(o => o with { Tpm = new JetStreamTpmOptions { KeysFile = "x", SrkPassword = "secret" } }), "config reload not supported for JetStreamTpm: old={   0}, new={x  [REDACTED] 0}" },
        { With(o => o with { MaxOutstandingCatchup = 5 }), "config reload not supported for JetStreamMaxCatchup: old=0, new=5" },
        { With(o => o with { RequestQueueLimit = 5 }), "config reload not supported for JetStreamRequestQueueLimit: old=10000, new=5" },
        { With(o => o with { InfoQueueLimit = 5 }), "config reload not supported for JetStreamInfoQueueLimit: old=0, new=5" },
        { With(o => o with { MaxConcurrentIo = 5 }), "config reload not supported for JetStreamConcurrentIOs: old=4096, new=5" },
        { With(o => o with { MaxBufferedMessages = 5 }), "config reload not supported for StreamMaxBufferedMsgs: old=0, new=5" },
        { With(o => o with { MaxBufferedSize = 5 }), "config reload not supported for StreamMaxBufferedSize: old=0, new=5" },
        { With(o => o with { SyncInterval = TimeSpan.FromSeconds(5) }), "config reload not supported for SyncInterval: old=2m0s, new=5s" },
        { With(o => o with { SyncInterval = TimeSpan.FromMinutes(2) }), "config reload not supported for SyncInterval: old=default, new=2m0s" },
        { With(o => o with { SyncAlways = true }), "config reload not supported for SyncAlways: old=false, new=true" },
        {
            Current with { DefaultJetStreamDomains = new Dictionary<string, string> { ["$G"] = "hub" } },
            "config reload not supported for JsAccDefaultDomain: old=map[], new=map[$G:hub]"
        },
        { Current with { AlwaysEnableNonce = true }, "config reload not supported for AlwaysEnableNonce: old=false, new=true" },
        { Current with { EventLoops = 3 }, "config reload not supported for EventLoops: old=0, new=3" },
        {
            Current with { Traces = new TracesOptions { OtlpEndpoint = new Uri("http://c:1") } },
            "config reload not supported for TracesExport: old=none, new=http://c:1/ with 100% of requests"
        },
        { Current with { ClientAdvertise = "a:b:c" }, "invalid ClientAdvertise value of a:b:c, err=address a:b:c: too many colons in address" },
    };

    // A server without JetStream.
    private static ServerOptions With(Func<JetStreamOptions, JetStreamOptions> change) => Current with { JetStreamSettings = change(Current.JetStreamSettings) };

    [Fact]
    public void Without_a_change_users_and_accounts_are_looked_at_again()
    {
        var diff = OptionsDiff.Compare(Current, Current with { Tags = [], Metadata = new Dictionary<string, string>() });
        Assert.Empty(diff.Errors);
        Assert.Equal(EveryTime, diff.Changes.Select(change => change.Notice));
        Assert.True(diff.IsAuthorizationChange);
        Assert.False(diff.IsLoggingChange || diff.IsTraceLevelChange);
    }

    [Theory]
    [MemberData(nameof(Reloadable))]
    public void What_can_be_reloaded_has_the_reference_s_notice(ServerOptions next, string notice)
    {
        var diff = OptionsDiff.Compare(Current, next);
        Assert.Empty(diff.Errors);
        Assert.Equal([notice], diff.Changes.Select(change => change.Notice).Except(EveryTime));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_reloaded_is_refused_in_the_reference_s_words(ServerOptions next, string error)
    {
        var diff = OptionsDiff.Compare(Current, next);
        Assert.Equal([error], diff.Errors);
        Assert.Equal(EveryTime, diff.Changes.Select(change => change.Notice));
    }

    // A new option that nobody thought of here would be changed by a reload without anybody noticing.
    [Fact]
    public void Every_option_is_compared()
    {
        string[] notCompared = ["ConfigDigest", "Mappings", "JetStream"];
        var covered = Reloadable.Concat(Refused).Select(row => row.Data.Item1).ToList();
        foreach (var property in typeof(ServerOptions).GetProperties().Where(property => property.CanWrite && !notCompared.Contains(property.Name)))
        {
            if (property.Name == "Engine") continue; // compared like EventLoops
            Assert.Contains(covered, options => !Equals(property.GetValue(options), property.GetValue(Current)));
        }
    }

    public static TheoryData<TlsOptions, string> TlsReloadable => new()
    {
        { Tls with { Timeout = TimeSpan.FromSeconds(3) }, "Reloaded: tls timeout = 3" },
        { Tls with { Verify = true }, "Reloaded: tls = enabled" },
        { Tls with { Insecure = true }, "Reloaded: tls = enabled" },
        { Tls with { MinVersion = TlsVersion.Tls13 }, "Reloaded: tls = enabled" },
        { Tls with { CipherSuites = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] }, "Reloaded: tls = enabled" },
        { Tls with { PinnedCertificates = ["aa", "bb"] }, "Reloaded: 2 pinned_certs" },
        { Tls with { HandshakeFirst = true }, "Reloaded: Client TLS handshake first: true" },
        { Tls with { HandshakeFirstFallback = TimeSpan.FromMilliseconds(50) }, "Reloaded: Client TLS handshake first fallback delay: 50ms" },
    };

    [Theory]
    [MemberData(nameof(TlsReloadable))]
    public void Tls_can_be_reloaded_with_the_reference_s_notice(TlsOptions next, string notice)
    {
        var diff = OptionsDiff.Compare(Current with { Tls = Tls }, Current with { Tls = next });
        Assert.Empty(diff.Errors);
        Assert.Equal([notice], diff.Changes.Select(change => change.Notice).Except(EveryTime));
        Assert.True(diff.Changes.Single(change => change.Notice == notice).IsTls);
    }

    [Fact]
    public void Tls_can_be_switched_off() => Assert.Equal(
        ["Reloaded: tls = disabled"], OptionsDiff.Compare(Current with { Tls = Tls }, Current).Changes.Select(change => change.Notice).Except(EveryTime));

    [Fact]
    public void Mapping_of_certificates_and_the_rate_of_handshakes_are_fixed() => Assert.Equal(
        ["config reload not supported for TLSMap: old=false, new=true", "config reload not supported for TLSRateLimit: old=0, new=3"],
        OptionsDiff.Compare(Current with { Tls = Tls }, Current with { Tls = Tls with { Map = true, ConnectionRateLimit = 3 } }).Errors);

    [Fact]
    public void All_refusals_are_told_in_the_reference_s_order() => Assert.Equal(
        ["ServerName", "MaxSubs", "MaxPending", "LameDuckDuration"],
        OptionsDiff.Compare(Current, Current with { LameDuckDuration = TimeSpan.FromHours(1), MaxPending = 1, ServerName = "x", MaxSubscriptions = 1 })
            .Errors.Select(error => error.Split(' ')[5].TrimEnd(':')));

    [Fact]
    public void A_monitoring_host_that_follows_the_host_is_not_refused_on_its_own()
    {
        var current = Current with { HttpHost = Current.Host };
        Assert.Equal(["config reload not supported for Host: old=0.0.0.0, new=x"], OptionsDiff.Compare(current, current with { Host = "x", HttpHost = "x" }).Errors);
        Assert.Equal(["config reload not supported for HTTPHost: old=0.0.0.0, new=x"], OptionsDiff.Compare(current, current with { HttpHost = "x" }).Errors);
    }

    [Fact]
    public void Dropping_the_pid_file_is_silent()
    {
        var diff = OptionsDiff.Compare(Current with { PidFile = "x" }, Current);
        Assert.Equal("", diff.Changes.Single(change => change.Option == ReloadableOption.PidFile).Notice);
    }

    [Fact]
    public void The_user_of_those_without_credentials_can_go_only_together_with_its_name()
    {
        var user = new AuthorizationOptions { Users = [new UserOptions { Username = "a" }] };
        var current = Current with { NoAuthUser = "a", Authorization = user };
        Assert.Equal(["config reload not supported for NoAuthUser: old=a, new="], OptionsDiff.Compare(current, Current with { Authorization = user }).Errors);
        Assert.Empty(OptionsDiff.Compare(current, Current).Errors);
    }

    [Fact]
    public void The_nkey_of_those_without_credentials_is_not_looked_for()
    {
        var users = new AuthorizationOptions { Users = [new UserOptions { Username = "", Nkey = "U" }] };
        Assert.Empty(OptionsDiff.Compare(Current with { NoAuthUser = "U", Authorization = users }, Current with { Authorization = users }).Errors);
    }

    [Fact]
    public void Users_with_nkeys_are_told_of_only_when_they_changed()
    {
        static ServerOptions Of(params UserOptions[] users) => Current with { Authorization = new AuthorizationOptions { Users = users } };
        static UserOptions User(string nkey, params string[] allowed) => new()
        {
            Username = "",
            Nkey = nkey,
            AllowedConnectionTypes = ["MQTT", "STANDARD"],
            Permissions = new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = allowed } },
        };
        Assert.Equal(EveryTime, Notices(Of(User("U", "a"), User("V")), Of(User("V"), User("U", "a") with { AllowedConnectionTypes = ["STANDARD", "MQTT"] })));
        Assert.Equal(["Reloaded: authorization nkey users", .. EveryTime], Notices(Of(User("U", "a")), Of(User("U", "b"))));
        Assert.Equal(["Reloaded: authorization nkey users", .. EveryTime], Notices(Of(User("U")), Of(User("U") with { ProxyRequired = true })));
        var account = Current with { Accounts = [new AccountOptions { Name = "A", Users = [User("U") with { Account = "A" }] }] };
        Assert.Equal(["Reloaded: authorization nkey users", .. EveryTime], Notices(account, account));
    }

    [Fact]
    public void Removed_proxies_are_told_of_before_added_ones() => Assert.Equal(
        [.. EveryTime, "Reloaded: proxies trusted keys [\"A\"] were removed", "Reloaded: proxies trusted keys [\"C\"] were added"],
        Notices(Current with { TrustedProxies = ["A", "B"] }, Current with { TrustedProxies = ["B", "C"] }));

    [Fact]
    public void The_default_system_account_may_be_left_out() =>
        Assert.Equal(EveryTime, Notices(Current with { SystemAccount = "$SYS" }, Current));

    [Fact]
    public void Another_resolver_is_told_of_as_accounts()
    {
        static ServerOptions With(OperatorOptions mode) => Current with { Operator = mode };
        var memory = new OperatorOptions { Resolver = new ResolverOptions(ResolverKind.Memory) };
        var preloaded = memory with { Preload = new Dictionary<string, string> { ["A"] = "b" } };
        var url = new OperatorOptions { Resolver = new ResolverOptions(ResolverKind.Url) { Url = "a" } };
        Assert.Equal(EveryTime, Notices(With(memory), With(memory with { Resolver = new ResolverOptions(ResolverKind.Memory) })));
        Assert.Equal([.. EveryTime, "Reloaded: accounts"], Notices(With(preloaded), With(preloaded)));
        Assert.Equal([.. EveryTime, "Reloaded: accounts"], Notices(With(preloaded), With(memory)));
        Assert.Equal([.. EveryTime, ""], Notices(With(memory), With(preloaded)));
        Assert.Equal([.. EveryTime, "Reloaded: accounts"], Notices(With(url), With(url)));
        Assert.Equal([.. EveryTime, "Reloaded: accounts"], Notices(With(memory), With(memory with { ResolverTls = new TlsOptions() })));
    }

    [Fact]
    public void The_resolver_stays_the_one_that_is_open()
    {
        var url = new OperatorOptions { Resolver = new ResolverOptions(ResolverKind.Url) { Url = "http://u:secret@a/" } };
        var memory = new OperatorOptions { Resolver = new ResolverOptions(ResolverKind.Memory) };
        Assert.Equal(
            ["config reload not supported for AccountResolver: old=URL, new=MEMORY"],
            OptionsDiff.Compare(Current with { Operator = url }, Current with { Operator = memory }).Errors);
        Assert.Equal(
            ["config reload not supported for AccountResolver: old=URL, new=URL"],
            OptionsDiff.Compare(Current with { Operator = url }, Current with { Operator = url with { Resolver = url.Resolver with { Url = "b" } } }).Errors);
        Assert.Equal(
            ["config reload not supported for AccountResolverTLSConfig: old=false, new=true"],
            OptionsDiff.Compare(Current with { Operator = url }, Current with { Operator = url with { ResolverTls = new TlsOptions() } }).Errors);
    }

    [Fact]
    public void What_a_file_cannot_know_is_carried_over()
    {
        var current = Current with { Port = 34567, DontListen = true };
        var next = OptionsDiff.CarryOver(current, new ServerOptions { Port = ServerOptions.RandomPort });
        Assert.Empty(OptionsDiff.Compare(current, next).Errors);
        Assert.Equal(34567, next.Port);
        Assert.Equal(5, OptionsDiff.CarryOver(current, new ServerOptions { Port = 5 }).Port);
    }

    [Fact]
    public void Changes_know_what_has_to_be_set_up_again()
    {
        Assert.True(OptionsDiff.Compare(Current, Current with { TraceHeaders = true }) is { IsTraceLevelChange: true, IsLoggingChange: true });
        Assert.True(OptionsDiff.Compare(Current, Current with { LogFile = "x" }) is { IsTraceLevelChange: false, IsLoggingChange: true });
    }

    [Fact]
    public void The_last_notice_names_the_digest()
    {
        Assert.Equal("Reloaded server configuration (sha256:1)", OptionsDiff.CompletionNotice(Current with { ConfigDigest = "sha256:1" }));
        Assert.Equal("Reloaded server configuration ", OptionsDiff.CompletionNotice(Current));
    }

    private static IEnumerable<string> Notices(ServerOptions current, ServerOptions next)
    {
        var diff = OptionsDiff.Compare(current, next);
        Assert.Empty(diff.Errors);
        return diff.Changes.Select(static change => change.Notice);
    }
}
