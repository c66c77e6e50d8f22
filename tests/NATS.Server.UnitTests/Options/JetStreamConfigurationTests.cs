using NATS.Server.Core.Storage;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Options;

public sealed class JetStreamConfigurationTests
{
    private static readonly MachineResources Machine = new() { Memory = 1000, FreeDisk = 4001, TemporaryDirectory = "/tmp/", WorkingDirectory = "/home/x" };

    [Theory]
    [InlineData(-1, -1, 750, 3000)]
    [InlineData(-7, -7, 750, 3000)]
    [InlineData(5, -1, 5, 3000)]
    [InlineData(-1, 5, 750, 5)]
    [InlineData(0, 0, 0, 0)]
    public void The_machine_gives_three_quarters_of_what_it_has(long maxMemory, long maxStorage, long memory, long storage)
    {
        var configuration = JetStreamConfiguration.Resolve(new JetStreamOptions { MaxMemory = maxMemory, MaxStorage = maxStorage }, Machine);
        Assert.Equal((memory, storage), (configuration.MaxMemory, configuration.MaxStorage));
        Assert.Equal((memory, storage), (configuration.Limits.MaxMemory, configuration.Limits.MaxStorage));
    }

    [Theory]
    [InlineData(800L, 600)]
    [InlineData(2000L, 750)]
    [InlineData(null, 750)]
    public void A_process_that_is_limited_has_less_memory(long? limit, long memory) =>
        Assert.Equal(memory, JetStreamConfiguration.Resolve(new JetStreamOptions(), Machine with { MemoryLimit = limit }).MaxMemory);

    [Fact]
    public void A_machine_that_tells_nothing_has_a_quarter_of_a_gigabyte_and_a_terabyte()
    {
        var configuration = JetStreamConfiguration.Resolve(new JetStreamOptions(), new MachineResources { TemporaryDirectory = "/tmp", WorkingDirectory = "/" });
        Assert.Equal((256L << 20, 1L << 40), (configuration.MaxMemory, configuration.MaxStorage));
    }

    [Theory]
    [InlineData("", -1, -1, "/tmp/nats/jetstream")]
    [InlineData("", 5, -1, "/tmp/nats/jetstream")]
    [InlineData("", 5, 5, "/tmp/jetstream")]
    [InlineData("/data", 5, 5, "/data/jetstream")]
    [InlineData("/data/", -1, 5, "/data/jetstream")]
    [InlineData("./s", -1, 5, "s/jetstream")]
    [InlineData("a//b/../c/.", -1, 5, "a/c/jetstream")]
    [InlineData("../..", -1, 5, "../../jetstream")]
    [InlineData("/..", -1, 5, "/jetstream")]
    [InlineData(".", -1, 5, "jetstream")]
    public void The_store_is_below_the_configured_directory(string directory, long maxMemory, long maxStorage, string expected)
    {
        var configuration = JetStreamConfiguration.Resolve(new JetStreamOptions { StoreDirectory = directory, MaxMemory = maxMemory, MaxStorage = maxStorage }, Machine);
        Assert.Equal(expected, configuration.StoreDirectory.Replace(Path.DirectorySeparatorChar, '/'));
        Assert.Equal(directory.Length == 0, configuration.IsTemporary);
    }

    [Theory]
    [InlineData("/data", "/data/jetstream")]
    [InlineData("s", "/home/x/s/jetstream")]
    [InlineData("../s", "/home/s/jetstream")]
    public void Disks_get_the_whole_path(string directory, string expected) =>
        Assert.Equal(expected, JetStreamConfiguration.Resolve(new JetStreamOptions { StoreDirectory = directory }, Machine).Directory);

    [Theory]
    [InlineData("1000", 1000L)]
    [InlineData("1000B", 1000L)]
    [InlineData("7GiB", 7L << 30)]
    [InlineData("2KiB", 2048L)]
    [InlineData("3MiB", 3L << 20)]
    [InlineData("1TiB", 1L << 40)]
    [InlineData("off", null)]
    [InlineData("", null)]
    [InlineData("7GB", null)]
    [InlineData("-1", null)]
    [InlineData("GiB", null)]
    [InlineData("99999999999999999TiB", null)]
    [InlineData(null, null)]
    public void The_limit_of_a_go_process_is_read(string? text, long? expected) => Assert.Equal(expected, GoMemoryLimit.Parse(text));

    [Fact]
    public void The_limits_of_requests_are_the_configured_ones()
    {
        var limits = JetStreamConfiguration.Resolve(
            new JetStreamOptions { Limits = new JetStreamLimitOptions { MaxAckPending = 1, MaxRequestBatch = 2, DuplicateWindow = TimeSpan.FromSeconds(3), DefaultMaxConsumers = 4 } }, Machine).Limits;
        Assert.Equal((1, 2, 3_000_000_000, 4), (limits.MaxAckPending, limits.MaxRequestBatch, limits.MaxDuplicateWindowNs, limits.DefaultMaxConsumers));
        Assert.Equal(1000, JetStreamConfiguration.Resolve(new JetStreamOptions(), Machine).Limits.DefaultMaxConsumers);
    }

    [Fact]
    public void A_reload_keeps_what_the_machine_gave()
    {
        var configuration = JetStreamConfiguration.Resolve(new JetStreamOptions { MaxStorage = 5 }, Machine);
        var reloaded = configuration.Reload(new JetStreamOptions { MaxStorage = 7, Limits = new JetStreamLimitOptions { MaxAckPending = 9 } });
        Assert.Equal((750, 7, 9), (reloaded.MaxMemory, reloaded.MaxStorage, reloaded.Limits.MaxAckPending));
    }

    [Fact]
    public void The_log_tells_what_is_in_force()
    {
        var configuration = JetStreamConfiguration.Resolve(
            new JetStreamOptions { StoreDirectory = "/data", MaxMemory = 1536, MaxStorage = 3L << 40, Domain = "hub", Key = "secret", Cipher = StoreCipher.Aes }, Machine);
        Assert.Empty(JetStreamNotices.Decisions(configuration));
        Assert.Equal(
            [
                "---------------- JETSTREAM ----------------",
                "  Strict:          true",
                "  Max Memory:      1.50 KB",
                "  Max Storage:     3.00 TB",
                "  Store Directory: \"/data/jetstream\"",
                "  Domain:          hub",
                "  Encryption:      AES-GCM",
                "  API Level:       5",
                "-------------------------------------------",
            ],
            JetStreamNotices.Summary(configuration).Select(notice => notice.Text.Replace('\\', '/')));
    }

    [Fact]
    public void The_log_tells_what_was_decided()
    {
        var configuration = JetStreamConfiguration.Resolve(new JetStreamOptions { IsStrict = false }, Machine);
        Assert.Equal(
            [
                "Temporary storage directory used, data could be lost on system reboot",
                "JetStream creating dynamic configuration - 750 B memory, 2.93 KB disk",
            ],
            JetStreamNotices.Decisions(configuration).Select(notice => notice.Text));
        Assert.Contains(
            "JetStream detected GOMEMLIMIT of 500 B",
            JetStreamNotices.Decisions(JetStreamConfiguration.Resolve(new JetStreamOptions(), Machine with { MemoryLimit = 500 })).Select(notice => notice.Text));
        Assert.DoesNotContain(JetStreamNotices.Summary(configuration), notice => notice.Text.Contains("Strict", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.00 KB")]
    [InlineData(1048575, "1024.00 KB")]
    [InlineData(1048576, "1.00 MB")]
    [InlineData(18957376512, "17.66 GB")]
    [InlineData(long.MaxValue, "8.00 EB")]
    public void Sizes_are_told_in_units(long bytes, string expected) => Assert.Equal(expected, FriendlyBytes.Format(bytes));
}
