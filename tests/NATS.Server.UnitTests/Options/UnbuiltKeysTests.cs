using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class UnbuiltKeysTests
{
    [Theory]
    [InlineData("cluster { port: 1 }", "cluster", "clustering")]
    [InlineData("gateway { name: a }", "gateway", "the gateway subsystem")]
    [InlineData("leafnodes { port: 1 }", "leafnodes", "the leaf node subsystem")]
    [InlineData("leaf { port: 1 }", "leaf", "the leaf node subsystem")]
    [InlineData("websocket { port: 1 }", "websocket", "WebSocket")]
    [InlineData("ws { port: 1 }", "ws", "WebSocket")]
    [InlineData("mqtt { port: 1 }", "mqtt", "MQTT")]
    [InlineData("ocsp: true", "ocsp", "OCSP stapling")]
    [InlineData("ocsp_cache: true", "ocsp_cache", "the OCSP cache on disk")]
    [InlineData("proxy_protocol: true", "proxy_protocol", "the PROXY protocol")]
    [InlineData("prof_block_rate: 1", "prof_block_rate", "block profiling by rate")]
    public void What_is_not_built_is_refused_by_name(string text, string key, string subsystem) =>
        Assert.Equal($"1:0: field \"{key}\": {subsystem} is not built yet", Error(text));

    [Theory]
    [InlineData("cluster {}")]
    [InlineData("gateway {}")]
    [InlineData("leafnodes {}")]
    [InlineData("websocket {}")]
    [InlineData("mqtt {}")]
    [InlineData("allow_non_tls: false")]
    [InlineData("ocsp: false")]
    [InlineData("https_port: 0")]
    [InlineData("proxy_protocol: false")]
    [InlineData("prof_block_rate: 0")]
    [InlineData("authorization { proxy_required: false, users: [ { user: a, proxy_required: no } ] }")]
    public void What_asks_for_nothing_is_fine(string text) => Assert.NotNull(Read(text));

    [Theory]
    [InlineData("cluster { rutes: [] }", "1:10: unknown field \"rutes\", did you mean \"routes\"?")]
    [InlineData("cluster { tls { crt_file: x } }", "1:16: error parsing tls config, unknown field \"crt_file\", did you mean \"cert_file\"?")]
    [InlineData("gateway { gateways: [ { nme: x } ] }", "1:24: unknown field \"nme\", did you mean \"name\"?")]
    [InlineData("leafnodes { remotes: [ { ulr: x } ] }", "1:25: unknown field \"ulr\", did you mean \"url\"?")]
    [InlineData("websocket { no_tsl: true }", "1:12: unknown field \"no_tsl\", did you mean \"no_tls\"?")]
    [InlineData("mqtt { ackwiat: 1 }", "1:7: unknown field \"ackwiat\", did you mean \"ackwait\"?")]
    [InlineData("cluster { tls { ocsp_peer { verfy: true } } }", "1:28: error parsing tls peer config, unknown field [\"verfy\"], did you mean \"verify\"?")]
    public void Unknown_fields_within_are_told_too(string text, string expected)
    {
        var errors = Load(text).Errors;
        Assert.Equal(2, errors.Count);
        Assert.Equal("test.conf:" + expected, errors[0]);
        Assert.EndsWith(" is not built yet", errors[1]);
    }

    // Appendix of the reference's documentation: everything that can be written at the top level is known here, and three keys of our own.
    [Fact]
    public void Every_key_of_the_reference_is_known()
    {
        const string all =
            "listen port host net server_name client_advertise debug trace trace_verbose trace_headers logtime logtime_utc log_file logfile log_size_limit " +
            "logfile_size_limit log_max_num logfile_max_num syslog remote_syslog max_traced_msg_len pid_file pidfile ports_file_dir prof_port prof_block_rate " +
            "http http_port monitor_port https https_port http_base_path max_control_line max_payload max_pending max_connections max_conn max_subscriptions " +
            "max_subs max_sub_tokens max_subscription_tokens max_closed_clients ping_interval ping_max write_deadline write_timeout no_fast_producer_stall " +
            "lame_duck_duration lame_duck_grace_period tls allow_non_tls ocsp ocsp_cache proxy_protocol proxies authorization accounts mappings maps " +
            "no_auth_user default_sentinel system_account system no_system_account no_system no_sys_acc operator operators root roots root_operator " +
            "root_operators resolver account_resolver accounts_resolver resolver_tls resolver_preload resolver_pinned_accounts trusted trusted_keys cluster " +
            "gateway leafnodes leaf jetstream store_dir storedir default_js_domain websocket ws mqtt server_tags server_metadata feature_flags " +
            "connect_error_reports reconnect_error_reports disable_sublist_cache no_sublist_cache no_header_support";
        const string own = "connection_engine event_loops metrics traces";
        Assert.Equal($"{all} {own}".Split(' ').Order(StringComparer.Ordinal), OptionsReader.Names.Order(StringComparer.Ordinal));
    }
}
