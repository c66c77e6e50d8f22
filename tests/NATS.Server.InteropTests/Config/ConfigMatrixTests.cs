using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Config;

/// <summary>Every key of what is built with values of every type and shape: both servers accept and refuse the same, with the same words.</summary>
public sealed partial class ConfigMatrixTests
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
        ["{0}: {1} "] = ["jetstream", "store_dir", "storedir", "default_js_domain"],
        ["jetstream {{ {0}: {1} }}"] =
        [
            "enabled", "enable", "strict", "store_dir", "storedir", "store", "sync_interval", "sync", "max_memory_store", "max_mem_store", "max_mem", "max_file_store", "max_file",
            "domain", "key", "ek", "encryption_key", "prev_key", "prev_ek", "prev_encryption_key", "cipher", "extension_hint", "limits", "tpm", "unique_tag",
            "max_outstanding_catchup", "max_buffered_size", "max_buffered_msgs", "request_queue_limit", "info_queue_limit", "meta_compact", "meta_compact_size", "meta_compact_sync",
            "max_concurrent_io",
        ],
        ["jetstream {{ limits {{ {0}: {1} }} }}"] = ["max_ack_pending", "max_ha_assets", "max_request_batch", "duplicate_window", "default_max_consumers", "batch"],
        ["jetstream {{ limits {{ batch {{ {0}: {1} }} }} }}"] = ["max_inflight_per_stream", "max_inflight_total", "max_msgs", "timeout"],
        ["jetstream {{ tpm {{ {0}: {1} }} }}"] = ["keys_file", "encryption_password", "srk_password", "pcr", "cipher"],
        ["accounts {{ A {{ {0}: {1} }} }}"] = ["jetstream"],
        ["accounts {{ A {{ jetstream {{ {0}: {1} }} }} }}"] =
        [
            "max_memory", "max_mem", "mem", "memory", "max_store", "max_file", "max_disk", "store", "disk", "max_streams", "streams", "max_consumers", "consumers",
            "max_bytes_required", "max_stream_bytes", "max_bytes", "mem_max_stream_bytes", "memory_max_stream_bytes", "disk_max_stream_bytes", "store_max_stream_bytes",
            "max_ack_pending", "cluster_traffic",
        ],
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
        // The reference points at the block, or nowhere; ours says the same of the value itself.
        (!reference.IsValid && reference.Messages.Select(Reason).Order(StringComparer.Ordinal).SequenceEqual(ours.Messages.Select(Reason).Order(StringComparer.Ordinal))) ||
        // The reference writes what its format makes of a value that is no text.
        (reference.Messages is [var odd] && odd.Contains("%!s(", StringComparison.Ordinal) && ours.Messages.Count == 1) ||
        // The reference prints addresses of what is in maps and arrays.
        (reference.Messages is [var message] && message.Contains("0x", StringComparison.Ordinal) && ours.Messages.Count == 1);

    private static string Reason(string message) => Position().Replace(message, "").Split(", did you mean", 2)[0];

    [GeneratedRegex(@"^test\.conf:\d+:\d+: ")]
    private static partial Regex Position();
}
