using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.Storage;
using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class JetStreamReaderTests
{
    [Theory]
    [InlineData("jetstream: true", true)]
    [InlineData("jetstream: enabled", true)]
    [InlineData("jetstream: Enable", true)]
    [InlineData("jetstream {}", true)]
    [InlineData("jetstream { enabled: true }", true)]
    [InlineData("jetstream { enable: false, max_mem: 1G }", false)]
    [InlineData("jetstream: false", false)]
    [InlineData("jetstream: DISABLED", false)]
    [InlineData("jetstream: disable", false)]
    [InlineData("store_dir: x", false)]
    [InlineData("port: 1", false)]
    public void A_switch_or_a_block_enables_JetStream(string text, bool isEnabled) => Assert.Equal(isEnabled, Read(text).JetStream is not null);

    [Fact]
    public void Every_key_has_its_place()
    {
        var options = Read("""
            jetstream {
              strict: false, store_dir: "/data", max_memory_store: 1GB, max_file_store: "10G", domain: hub, key: secret, prev_key: old, cipher: AES, extension_hint: will_extend
              limits { max_ack_pending: 1, max_ha_assets: 2, max_request_batch: 3, duplicate_window: "4s", batch { max_inflight_per_stream: 5, max_inflight_total: 6, max_msgs: 7, timeout: "8s" } }
              unique_tag: " AZ: ", max_outstanding_catchup: 9, max_buffered_size: "10K", max_buffered_msgs: 11, request_queue_limit: 12, info_queue_limit: 13
              meta_compact: 14, meta_compact_size: "15M", meta_compact_sync: true, max_concurrent_io: 16, sync_interval: "17s"
              tpm { keys_file: k, encryption_password: e, srk_password: s, pcr: 18 }
            }
            """);
        Assert.Equal(
            new JetStreamOptions
            {
                IsEnabled = true,
                IsStrict = false,
                StoreDirectory = "/data",
                MaxMemory = 1 << 30,
                MaxStorage = 10L << 30,
                Domain = "hub",
                Key = "secret",
                PreviousKey = "old",
                Cipher = StoreCipher.Aes,
                ExtensionHint = "will_extend",
                Limits = new JetStreamLimitOptions
                {
                    MaxAckPending = 1,
                    MaxHaAssets = 2,
                    MaxRequestBatch = 3,
                    DuplicateWindow = TimeSpan.FromSeconds(4),
                    MaxBatchInflightPerStream = 5,
                    MaxBatchInflightTotal = 6,
                    MaxBatchSize = 7,
                    MaxBatchTimeout = TimeSpan.FromSeconds(8),
                },
                UniqueTag = "az:",
                MaxOutstandingCatchup = 9,
                MaxBufferedSize = 10 << 10,
                MaxBufferedMessages = 11,
                RequestQueueLimit = 12,
                InfoQueueLimit = 13,
                MetaCompact = 14,
                MetaCompactSize = 15 << 20,
                MetaCompactSync = true,
                MaxConcurrentIo = 16,
                SyncInterval = TimeSpan.FromSeconds(17),
                Tpm = new JetStreamTpmOptions { KeysFile = "k", EncryptionPassword = "e", SrkPassword = "s", Pcr = 18 },
            },
            options.JetStream);
    }

    [Fact]
    public void Options_tell_no_secrets()
    {
        string shown = Read("jetstream { key: secret, prev_key: secret, tpm { keys_file: k, encryption_password: secret, srk_password: secret } }").ToString();
        Assert.DoesNotContain("secret", shown);
        Assert.Contains("JetStreamOptions", shown);
    }

    [Theory]
    [InlineData("jetstream {}", 0)]
    [InlineData("jetstream { sync: always }", 0)]
    [InlineData("jetstream { sync_interval: Always }", 0)]
    [InlineData("jetstream { sync_interval: '0s' }", 0)]
    [InlineData("jetstream { sync_interval: '-3s' }", 0)]
    [InlineData("jetstream { sync_interval: '1500ms' }", 1_500_000_000)]
    [InlineData("jetstream { sync_interval: '3s', sync: always }", 0)]
    public void Only_a_configured_interval_lets_acknowledgements_go_before_the_disk(string text, long intervalNs) => Assert.Equal(intervalNs, Read(text).JetStream!.SyncIntervalNs);

    [Theory]
    [InlineData("jetstream { request_queue_limit: 5 }", 5, 5)]
    [InlineData("jetstream { request_queue_limit: -5, info_queue_limit: -1 }", 10_000, 10_000)]
    [InlineData("jetstream { info_queue_limit: 7 }", 10_000, 7)]
    public void Queues_that_are_not_limited_have_defaults(string text, long requests, long infos)
    {
        var options = Read(text).JetStream!;
        Assert.Equal((requests, infos), (options.RequestQueueLimit, options.InfoQueueLimit));
    }

    [Theory]
    [InlineData("", 1000)]
    [InlineData("default_max_consumers: 0", 1000)]
    [InlineData("default_max_consumers: 7", 7)]
    [InlineData("default_max_consumers: -1", -1)]
    public void Consumers_of_a_stream_are_limited_unless_that_is_switched_off(string text, long expected) =>
        Assert.Equal(expected, Read($"jetstream {{ limits {{ {text} }} }}").JetStream!.Limits.DefaultMaxConsumers);

    [Theory]
    [InlineData("jetstream: on_and_off", "1:0: Expected 'enabled' or 'disabled' for string value, got 'on_and_off'")]
    [InlineData("jetstream: 5", "1:0: Expected map, bool or string to define JetStream, got int64")]
    [InlineData("jetstream { max_mme: 1G }", "1:12: unknown field \"max_mme\", did you mean \"max_mem\"?")]
    [InlineData("jetstream { max_mem: true }", "1:12: max_mem_store must be int64 or string")]
    [InlineData("jetstream { max_memory_store: '10GB' }", "1:12: max_mem_store strconv.ParseInt: parsing \"10G\": invalid syntax")]
    [InlineData("jetstream { max_file: '10B' }", "1:12: max_file_store sizes defined as strings must end in K, M, G, T")]
    [InlineData("jetstream { max_file: '99999999999T' }", "1:12: max_file_store value is too big")]
    [InlineData("jetstream { max_outstanding_catchup: [] }", "1:12: max_outstanding_catchup must be int64 or string")]
    [InlineData("jetstream { strict: 5 }", "1:12: Expected 'true' or 'false' for bool value, got '5'")]
    [InlineData("jetstream { cipher: rot13 }", "1:12: Unknown cipher type: \"rot13\"")]
    [InlineData("jetstream { tpm { cipher: rot13 } }", "1:18: Unknown cipher type: \"rot13\"")]
    [InlineData("jetstream { tpm: 5 }", "1:12: Expected a map to define JetStreamLimits, got int64")]
    [InlineData("jetstream { limits: 5 }", "1:12: Expected a map to define JetStreamLimits, got int64")]
    [InlineData("jetstream { limits { batch: 5 } }", "1:21: Expected a map to define batch limits, got int64")]
    [InlineData("jetstream { limits { batch { max_msg: 5 } } }", "1:29: unknown field \"max_msg\", did you mean \"max_msgs\"?")]
    [InlineData("jetstream { limits { duplicate_window: '5x' } }", "1:21: time: unknown unit \"x\" in duration \"5x\"")]
    [InlineData("jetstream { max_buffered_msgs: '5' }", "1:12: Expected a parseable size for \"max_buffered_msgs\", got 5")]
    [InlineData("jetstream { meta_compact: -1 }", "1:12: Expected an absolute size for \"meta_compact\", got -1")]
    [InlineData("jetstream { meta_compact_size: '-1K' }", "1:12: Expected an absolute size for \"meta_compact_size\", got -1K")]
    [InlineData("jetstream { max_concurrent_io: 3 }", "1:12: Expected an absolute size for \"max_concurrent_io\" between 4 and 8192, got 3")]
    [InlineData("store_dir: a\njetstream { store_dir: b }", "2:13: Duplicate 'store_dir' configuration")]
    [InlineData("jetstream { store: b }\nstore_dir: a", "2:1: Duplicate 'store_dir' configuration")]
    [InlineData("default_js_domain: 5", "1:0: error default_js_domain config: unsupported type int64")]
    public void What_cannot_be_read_is_told(string text, string expected) => Assert.Equal(expected, Error(text));

    [Fact]
    public void Domains_of_accounts_are_read() =>
        Assert.Equal([KeyValuePair.Create("A", "hub"), KeyValuePair.Create("B", "")], Read("default_js_domain { A: hub, B: '' }").DefaultJetStreamDomains);

    [Theory]
    [InlineData("", false)]
    [InlineData("jetstream: false", false)]
    [InlineData("jetstream: disabled", false)]
    [InlineData("jetstream: true", true)]
    [InlineData("jetstream: ENABLE", true)]
    [InlineData("jetstream {}", true)]
    public void An_account_has_JetStream_when_it_says_so(string text, bool hasAll)
    {
        var account = Assert.Single(Read($"accounts {{ A {{ {text} }} }}").Accounts);
        Assert.Equal(hasAll ? AccountTiers.Unlimited : null, account.JetStream);
    }

    [Fact]
    public void An_account_s_limits_are_read()
    {
        var account = Assert.Single(Read("""
            accounts { A { jetstream { max_mem: 1, max_file: 2, max_streams: 3, max_consumers: 4, max_bytes_required: true, mem_max_stream_bytes: 5, disk_max_stream_bytes: 6
              max_ack_pending: 7, cluster_traffic: owner } } }
            """).Accounts);
        Assert.Equal(
            new AccountTiers(new AccountLimits
            {
                MaxMemory = 1,
                MaxStorage = 2,
                MaxStreams = 3,
                MaxConsumers = 4,
                IsMaxBytesRequired = true,
                MaxMemoryStreamBytes = 5,
                MaxStorageStreamBytes = 6,
                MaxAckPending = 7,
            }),
            account.JetStream);
        Assert.Equal(ClusterTraffic.Owner, account.ClusterTraffic);
    }

    [Theory]
    [InlineData("jetstream: maybe", "1:15: Expected 'enabled' or 'disabled' for string value, got 'maybe'")]
    [InlineData("jetstream: 5", "1:15: Expected map, bool or string to define JetStream, got int64")]
    [InlineData("jetstream { max_mem: '1G' }", "1:27: Expected a parseable size for \"max_mem\", got 1G")]
    [InlineData("jetstream { max_bytes: 5 }", "1:27: Expected a parseable bool for \"max_bytes\", got 5")]
    [InlineData("jetstream { cluster_traffic: 5 }", "1:27: Expected either 'system' or 'owner' string value for \"cluster_traffic\", got 5")]
    [InlineData("jetstream { cluster_traffic: else }", "1:27: Expected 'system' or 'owner' string value for \"cluster_traffic\", got else")]
    [InlineData("jetstream { max_mme: 5 }", "1:27: unknown field \"max_mme\", did you mean \"max_mem\"?")]
    public void What_an_account_cannot_mean_is_told(string text, string expected) => Assert.Equal(expected, Error($"accounts {{ A {{ {text} }} }}"));

    [Fact]
    public void Options_by_hand_switch_JetStream_on_and_off()
    {
        var on = new ServerOptions { JetStream = new JetStreamOptions { Domain = "hub" } };
        Assert.Equal("hub", on.JetStream!.Domain);
        var off = on with { JetStream = null };
        Assert.Null(off.JetStream);
        Assert.Equal("hub", off.JetStreamSettings.Domain);
    }
}
