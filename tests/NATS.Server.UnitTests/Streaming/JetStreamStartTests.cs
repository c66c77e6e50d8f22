using NATS.Server.Streaming;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Options;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Streaming;

public sealed class JetStreamStartTests
{
    private static readonly MachineResources Machine = new() { Memory = 1000, TemporaryDirectory = "/tmp", WorkingDirectory = "/home" };

    private readonly SimulatedDisk _disk = new() { CapacityBytes = 4000 };
    private readonly List<string> _log = [];

    private JetStreamStart Start => new(_disk, Machine, notice => _log.Add(notice.Text));

    [Fact]
    public void The_directory_is_made_and_everything_told()
    {
        JetStreamConfiguration configuration = Start.Prepare(new JetStreamOptions { StoreDirectory = "s" });
        Assert.Equal((750, 3000, "/home/s/jetstream"), (configuration.MaxMemory, configuration.MaxStorage, configuration.Directory));
        Assert.True(_disk.DirectoryExists("/home/s/jetstream"));
        Assert.Equal(["Starting JetStream", "JetStream creating dynamic configuration - 750 B memory, 2.93 KB disk"], _log.Take(2));
        Assert.Contains("  Store Directory: \"s/jetstream\"", _log);
    }

    [Fact]
    public void A_directory_that_is_there_is_tried_and_left_as_it_was()
    {
        Start.Prepare(new JetStreamOptions { StoreDirectory = "/data", MaxStorage = 5 });
        Start.Prepare(new JetStreamOptions { StoreDirectory = "/data", MaxStorage = 5 });
        Assert.Empty(_disk.List("/data/jetstream"));
    }

    [Theory]
    [InlineData("/data/f")]
    [InlineData("/data/f/deeper")]
    [InlineData("../data/f")]
    public void A_file_is_no_directory(string directory)
    {
        _disk.Put("/data/f", "x"u8);
        Assert.Equal("storage directory is not a directory", Refusal(directory));
        Assert.DoesNotContain(_log, line => line.Contains("JETSTREAM", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("s", "mkdir ")]
    [InlineData("/s", "mkdir /")]
    public void A_directory_that_cannot_be_made_is_told(string directory, string expected)
    {
        _disk.Fail(new DiskFault { Kinds = DiskOperations.CreateDirectory, Error = DiskError.Denied, Times = 2 });
        Assert.StartsWith("could not create storage directory - " + expected, Refusal(directory));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_told()
    {
        _disk.CreateDirectory("/s/jetstream");
        _disk.Fail(new DiskFault { Kinds = DiskOperations.Open | DiskOperations.Create, Error = DiskError.Denied });
        Assert.Equal("storage directory is not writable", Refusal("/s", maxStorage: 5));
    }

    [Theory]
    [InlineData("", "TPM functionality is not supported on this platform")]
    [InlineData("secret", "JetStream encryption key may not be used with TPM options")]
    public void A_trusted_platform_module_is_not_supported(string key, string expected)
    {
        var options = new JetStreamOptions { StoreDirectory = "/s", Key = key, Tpm = new JetStreamTpmOptions { KeysFile = "x" } };
        Assert.Equal(expected, Assert.Throws<NatsServerException>(() => Start.Prepare(options)).Message);
        Start.Prepare(options with { Tpm = new JetStreamTpmOptions { Pcr = 5 } });
    }

    [Fact]
    public void This_machine_has_memory() => Assert.True(NATS.Server.Streaming.Machine.Read() is { Memory: > 0, TemporaryDirectory.Length: > 0, WorkingDirectory.Length: > 0 });

    private string Refusal(string directory, long maxStorage = -1) => Assert.Throws<NatsServerException>(() => Start.Prepare(new JetStreamOptions { StoreDirectory = directory, MaxStorage = maxStorage })).Message;
}
