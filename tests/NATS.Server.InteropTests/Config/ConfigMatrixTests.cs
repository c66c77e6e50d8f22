using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Config;

/// <summary>Every key of what is built with values of every type and shape: both servers accept and refuse the same, with the same words.</summary>
public sealed class ConfigMatrixTests
{
    private const string Huge = "99999999999";

    private static readonly string[] Values =
    [
        "1", "0", "-1", "300", Huge, "1.5", "true", "off", "abc", "'a b'", "'1s'", "'45s'", "'-5s'", "'5'", "''", "'host:1'", "'h:x'", "'[::1]:22'",
        "[]", "[a, b]", "[true]", "{}", "{a: b}", "{a: 1}", "{a: true}", "{a: {b: c}}", "2016-05-04T18:53:41Z", "1kb", "close",
    ];

    private static readonly Dictionary<string, string[]> Keys = new(StringComparer.Ordinal)
    {
        ["{0}: {1}"] =
        [
            "listen", "port", "host", "net", "client_advertise", "server_name", "server_tags", "server_metadata", "feature_flags", "http", "http_port",
            "monitor_port", "http_base_path", "max_control_line", "max_payload", "max_pending", "max_connections", "max_conn", "max_subscriptions",
            "max_subs", "max_sub_tokens", "max_subscription_tokens", "max_closed_clients", "max_traced_msg_len", "no_header_support",
            "disable_sublist_cache", "no_sublist_cache", "ping_interval", "ping_max", "write_deadline", "write_timeout", "no_fast_producer_stall",
            "lame_duck_duration", "lame_duck_grace_period", "connect_error_reports", "reconnect_error_reports", "debug", "trace", "trace_verbose",
            "trace_headers", "logtime", "logtime_utc", "log_file", "logfile", "log_size_limit", "logfile_size_limit", "log_max_num", "logfile_max_num",
            "syslog", "remote_syslog", "pid_file", "pidfile", "ports_file_dir", "no_auth_user", "mappings", "maps",
        ],
        ["authorization {{ {0}: {1} }}"] =
            ["user", "username", "password", "pass", "token", "timeout", "users", "permissions", "default_permissions", "default_permission"],
        ["authorization {{ users: [ {{ user: x, {0}: {1} }} ] }}"] =
        [
            "password", "pass", "permissions", "permission", "authorization", "allowed_connection_types", "connection_types", "clients",
        ],
        ["authorization {{ users: [ {{ user: x, permissions: {{ publish: {{ {0}: {1} }} }} }} ] }}"] = ["allow", "deny"],
        ["authorization {{ users: [ {{ user: x, permissions: {{ {0}: {1} }} }} ] }}"] = ["allow_responses", "publish_allow_responses"],
        ["authorization {{ users: [ {{ user: x, permissions: {{ allow_responses: {{ {0}: {1} }} }} }} ] }}"] =
            ["max", "max_msgs", "max_messages", "max_responses", "expires", "expiration", "ttl"],
        ["mappings {{ {0}: {1} }}"] = ["a.b"],
    };

    public static TheoryData<string, string> Rows =>
        [.. Keys.SelectMany(static template => template.Value.Select(key => new TheoryDataRow<string, string>(template.Key, key)))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Both_servers_judge_every_value_of_a_key_alike(string template, string key)
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?>();
        var differences = new List<string>();
        foreach (var value in Values)
        {
            var text = string.Format(template, key, value);
            folder.Write("test.conf", text + "\n");
            var reference = ConfigCheck.ByReference(folder.Path, environment);
            var ours = ConfigCheck.ByOurs(folder.Path, environment);
            if (reference.Text == ours.Text && (!reference.IsValid || reference.Digest == ours.Digest)) continue;
            if (IsOnPurpose(key, value, reference, ours)) continue;
            differences.Add($"{text}\n  reference: {reference.Text} {reference.Digest}\n  ours:      {ours.Text} {ours.Digest}");
        }
        Assert.Empty(differences);
    }

    // What differs on purpose.
    private static bool IsOnPurpose(string key, string value, CheckVerdict reference, CheckVerdict ours) =>
        // The reference counts in 64 bits, or overflows nanoseconds.
        (value == Huge && ours.Messages.Any(message => message.EndsWith(" value is too big", StringComparison.Ordinal))) ||
        // The reference accepts a mapping to nothing, and ends when a message comes.
        (key == "a.b" && value == "''" && reference.IsValid && ours.Text.EndsWith("invalid transform", StringComparison.Ordinal)) ||
        // The reference prints addresses of what is in maps and arrays.
        (reference.Messages is [var message] && message.Contains("0x", StringComparison.Ordinal) && ours.Messages.Count == 1);
}
