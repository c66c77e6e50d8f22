using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class OptionsReaderTests
{
    public static TheoryData<string, Func<ServerOptions, object>, object> Keys => new()
    {
        { "listen: \"127.0.0.1:4333\"", o => (o.Host, o.Port), ("127.0.0.1", 4333) },
        { "listen: 4333", o => (o.Host, o.Port), ("0.0.0.0", 4333) },
        { "listen: \"[::1]:4333\"", o => (o.Host, o.Port), ("::1", 4333) },
        { "port: -1", o => o.Port, ServerOptions.RandomPort },
        { "host: a", o => o.Host, "a" },
        { "net: a", o => o.Host, "a" },
        { "client_advertise: \"a:1\"", o => o.ClientAdvertise, "a:1" },
        { "server_name: a", o => o.ServerName, "a" },
        { "http: \"127.0.0.1:8222\"", o => (o.HttpHost, o.HttpPort), ("127.0.0.1", 8222) },
        { "http_port: 8222", o => (o.HttpHost, o.HttpPort), ("0.0.0.0", 8222) },
        { "monitor_port: 8222", o => o.HttpPort, 8222 },
        { "host: h\nhttp_port: 1", o => o.HttpHost, "h" },
        { "http_base_path: \"/x\"", o => o.HttpBasePath, "/x" },
        { "max_control_line: 1kb", o => o.MaxControlLine, 1024 },
        { "max_payload: 2mb", o => o.MaxPayload, 2 << 20 },
        { "max_pending: 5gb", o => o.MaxPending, 5L << 30 },
        { "max_connections: 7", o => o.MaxConnections, 7 },
        { "max_conn: 0", o => o.MaxConnections, -1 },
        { "max_subscriptions: 7", o => o.MaxSubscriptions, 7 },
        { "max_subs: 7", o => o.MaxSubscriptions, 7 },
        { "max_sub_tokens: 7", o => o.MaxSubTokens, 7 },
        { "max_subscription_tokens: 255", o => o.MaxSubTokens, 255 },
        { "max_closed_clients: 7", o => o.MaxClosedClients, 7 },
        { "max_traced_msg_len: 7", o => o.MaxTracedMessageLength, 7 },
        { "no_header_support: on", o => o.NoHeaderSupport, true },
        { "disable_sublist_cache: on", o => o.DisableSublistCache, true },
        { "no_sublist_cache: on", o => o.DisableSublistCache, true },
        { "ping_interval: \"5s\"", o => o.PingInterval, TimeSpan.FromSeconds(5) },
        { "ping_interval: 5", o => o.PingInterval, TimeSpan.FromSeconds(5) },
        { "ping_max: 7", o => o.MaxPingsOut, 7 },
        { "write_deadline: \"1.5s\"", o => o.WriteDeadline, TimeSpan.FromSeconds(1.5) },
        { "write_timeout: close", o => o.WriteTimeout, WriteTimeoutPolicy.Close },
        { "write_timeout: retry", o => o.WriteTimeout, WriteTimeoutPolicy.Retry },
        { "write_timeout: default", o => o.WriteTimeout, WriteTimeoutPolicy.Default },
        { "no_fast_producer_stall: on", o => o.NoFastProducerStall, true },
        { "lame_duck_duration: \"30s\"", o => o.LameDuckDuration, TimeSpan.FromSeconds(30) },
        { "lame_duck_grace_period: \"1s\"", o => o.LameDuckGracePeriod, TimeSpan.FromSeconds(1) },
        { "connect_error_reports: 7", o => o.ConnectErrorReports, 7 },
        { "reconnect_error_reports: 7", o => o.ReconnectErrorReports, 7 },
        { "debug: on", o => o.Debug, true },
        { "trace: on", o => (o.Trace, o.TraceVerbose, o.TraceHeaders), (true, false, false) },
        { "trace_verbose: on", o => (o.Trace, o.TraceVerbose, o.TraceHeaders), (true, true, false) },
        { "trace_headers: on", o => (o.Trace, o.TraceVerbose, o.TraceHeaders), (true, false, true) },
        { "logtime: off", o => o.Logtime, false },
        { "logtime_utc: on", o => o.LogtimeUtc, true },
        { "log_file: x", o => o.LogFile, "x" },
        { "logfile: x", o => o.LogFile, "x" },
        { "log_size_limit: 7", o => o.LogSizeLimit, 7L },
        { "logfile_size_limit: 7", o => o.LogSizeLimit, 7L },
        { "log_max_num: 7", o => o.LogMaxFiles, 7L },
        { "logfile_max_num: 7", o => o.LogMaxFiles, 7L },
        { "syslog: on", o => o.Syslog, true },
        { "remote_syslog: x", o => o.RemoteSyslog, "x" },
        { "pid_file: x", o => o.PidFile, "x" },
        { "pidfile: x", o => o.PidFile, "x" },
        { "ports_file_dir: x", o => o.PortsFileDir, "x" },
        { "no_auth_user: x", o => o.NoAuthUser, "x" },
        { "SERVER_NAME: a", o => o.ServerName, "a" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_key_and_alias_sets_its_option(string text, Func<ServerOptions, object> read, object expected)
    {
        Assert.Equal(expected, read(Read(text)));
        Assert.NotEqual(read(Read("debug: off") with { WriteTimeout = (WriteTimeoutPolicy)9 }), read(Read(text)));
    }

    [Fact]
    public void The_later_of_two_aliases_wins() => Assert.Equal(2, Read("max_conn: 1\nmax_connections: 2").MaxConnections);

    [Theory]
    [InlineData("server_tags: A", "a")]
    [InlineData("server_tags: [\" A \", b, a, \"\"]", "a b")]
    public void Tags_are_trimmed_lower_case_and_once(string text, string expected) => Assert.Equal(expected, string.Join(' ', Read(text).Tags));

    [Fact]
    public void Metadata_and_feature_flags_are_maps()
    {
        var options = Read("server_metadata { Key: Value, b: \"c d\" }\nfeature_flags { x: on, y: off }");
        Assert.Equal("Value", options.Metadata["Key"]);
        Assert.Equal("c d", options.Metadata["b"]);
        Assert.True(options.FeatureFlags["x"]);
        Assert.False(options.FeatureFlags["y"]);
    }

    [Theory]
    [InlineData("server_name: \"a b\"", "1:0: server name cannot contain spaces")]
    [InlineData("listen: a", "1:0: could not parse address string \"a\"")]
    [InlineData("listen: \"a:b\"", "1:0: could not parse port \"b\"")]
    [InlineData("listen: [a]", "1:0: expected port or host:port, got []interface {}")]
    [InlineData("port: abc", "1:0: interface conversion: interface {} is string, not int64")]
    [InlineData("debug: 1", "1:0: interface conversion: interface {} is int64, not bool")]
    [InlineData("host: 1.5", "1:0: interface conversion: interface {} is float64, not string")]
    [InlineData("server_metadata {\n a: { b: c } }", "2:2: interface conversion: interface {} is map[string]interface {}, not string")]
    [InlineData("max_payload: 3000000000", "1:0: max_payload value is too big")]
    [InlineData("max_control_line: 3000000000", "1:0: max_control_line value is too big")]
    [InlineData("max_connections: -3000000000", "1:0: max_connections value is too small")]
    [InlineData("max_sub_tokens: 256", "1:0: max_sub_tokens value is too big")]
    [InlineData("max_sub_tokens: 0", "1:0: max_sub_tokens value can not be negative")]
    [InlineData("ping_interval: abc", "1:0: error parsing ping_interval: time: invalid duration \"abc\"")]
    [InlineData("ping_interval: 99999999999", "1:0: ping_interval value is too big")]
    [InlineData("write_timeout: x", "1:0: write_timeout must be 'default', 'close' or 'retry'")]
    [InlineData("lame_duck_duration: \"29s\"", "1:0: invalid lame_duck_duration of 29s, minimum is 30 seconds")]
    [InlineData("lame_duck_duration: x", "1:0: error parsing lame_duck_duration: time: invalid duration \"x\"")]
    [InlineData("lame_duck_grace_period: \"-1s\"", "1:0: invalid lame_duck_grace_period, needs to be positive")]
    [InlineData("server_tags: 5", "1:0: error parsing tags: unsupported type int64")]
    [InlineData("server_tags: [true]", "1:0: error parsing tags: unsupported type *conf.token where string is expected")]
    [InlineData("server_metadata: x", "1:0: error parsing metadata: unsupported type string")]
    [InlineData("feature_flags: x", "1:0: error parsing feature flags: unsupported type string")]
    [InlineData("feature_flags { a: 1 }", "1:16: error parsing feature flag \"a\": expected bool, got int64")]
    public void Says_what_is_wrong_and_where(string text, string expected) => Assert.Equal(expected, Error(text));

    [Theory]
    [InlineData("prot: 1", "1:0: unknown field \"prot\", did you mean \"port\"?")]
    [InlineData("max_conections: 1", "1:0: unknown field \"max_conections\", did you mean \"max_connections\"?")]
    [InlineData("Jetstrem: 1", "1:0: unknown field \"Jetstrem\", did you mean \"jetstream\"?")]
    [InlineData("xyz: 1", "1:0: unknown field \"xyz\"")]
    [InlineData("authorization { usr: a }", "1:16: unknown field \"usr\", did you mean \"user\"?")]
    [InlineData("authorization { users: [ { user: a, pasword: b } ] }", "1:36: unknown field \"pasword\", did you mean \"password\"?")]
    public void Unknown_fields_are_errors_with_a_suggestion(string text, string expected) => Assert.Equal(expected, Error(text));

    [Fact]
    public void Unknown_fields_that_are_used_as_variables_are_fine() => Assert.Equal("x", Read("NAME: x\nserver_name: $NAME").ServerName);

    [Fact]
    public void Unknown_fields_of_the_top_level_can_be_allowed_and_no_others()
    {
        var loader = new OptionsLoader(_ => throw new InvalidOperationException(), _ => null) { AllowUnknownTopLevelFields = true };
        Assert.Equal("x", loader.LoadText("unknown: 1\nserver_name: x").Options?.ServerName);
        Assert.Equal(":1:16: unknown field \"nobody\"", Assert.Single(loader.LoadText("authorization { nobody: 1 }").Errors));
    }

    [Fact]
    public void All_errors_and_warnings_are_told_at_once_in_the_order_of_the_file()
    {
        var result = Load("foo: 1\nping_interval: 5\nport: x\nauthorization { user: 1, timeout: 70 }\nwrite_deadline: 3");
        Assert.Null(result.Options);
        Assert.Equal(
        [
            "test.conf:1:0: unknown field \"foo\"",
            "test.conf:3:1: interface conversion: interface {} is string, not int64",
            "test.conf:4:17: interface conversion: interface {} is int64, not string",
        ], result.Errors);
        Assert.Equal(
        [
            "test.conf:2:1: invalid use of field \"ping_interval\": ping_interval should be converted to a duration",
            "test.conf:4:26: invalid use of field \"timeout\": timeout of 70 (70.000000 seconds) is high, consider keeping it under 60 seconds. " +
                "possibly caused by unquoted duration; use '1m' instead of 1m, for example",
            "test.conf:5:1: invalid use of field \"write_deadline\": write_deadline should be converted to a duration",
        ], result.Warnings);
        Assert.Equal(string.Concat(result.Warnings.Concat(result.Errors).Select(text => text + "\n")), result.Report);
    }

    [Fact]
    public void An_empty_configuration_is_a_warning_and_all_defaults()
    {
        var result = Load("# nothing");
        Assert.Equal("test.conf: config has no values or is empty", Assert.Single(result.Warnings));
        Assert.Equal(new ServerOptions().MaxPayload, result.Options!.MaxPayload);
    }

    [Fact]
    public void Zeros_and_empty_texts_are_defaults()
    {
        var options = Read("host: \"\"\nport: 0\nmax_payload: 0\nmax_pending: 0\nmax_control_line: 0\nping_max: 0\nping_interval: \"0s\"\nwrite_deadline: \"0s\"\n" +
            "lame_duck_grace_period: \"0s\"\nmax_closed_clients: 0\nconnect_error_reports: 0\nreconnect_error_reports: 0\nauthorization { timeout: 0 }");
        var defaults = new ServerOptions();
        Assert.Equal(
            (defaults.Host, defaults.Port, defaults.MaxPayload, defaults.MaxPending, defaults.MaxControlLine, defaults.MaxPingsOut, defaults.PingInterval),
            (options.Host, options.Port, options.MaxPayload, options.MaxPending, options.MaxControlLine, options.MaxPingsOut, options.PingInterval));
        Assert.Equal(
            (defaults.WriteDeadline, defaults.LameDuckGracePeriod, defaults.MaxClosedClients, 3600, 1, TimeSpan.FromSeconds(2)),
            (options.WriteDeadline, options.LameDuckGracePeriod, options.MaxClosedClients, options.ConnectErrorReports, options.ReconnectErrorReports,
                options.Authorization.Timeout));
    }

    [Fact]
    public void Defaults_are_those_of_the_reference()
    {
        var options = Read("debug: off");
        Assert.Equal(("0.0.0.0", 4222, "0.0.0.0", 0), (options.Host, options.Port, options.HttpHost, options.HttpPort));
        Assert.Equal((4096, 1 << 20, 64L << 20, 65536, 0, 0, 10000), (options.MaxControlLine, options.MaxPayload, options.MaxPending, options.MaxConnections,
            options.MaxSubscriptions, options.MaxSubTokens, options.MaxClosedClients));
        Assert.Equal((120.0, 2, 10.0, 120.0, 10.0), (options.PingInterval.TotalSeconds, options.MaxPingsOut, options.WriteDeadline.TotalSeconds,
            options.LameDuckDuration.TotalSeconds, options.LameDuckGracePeriod.TotalSeconds));
        Assert.True(options.Logtime);
    }
}
