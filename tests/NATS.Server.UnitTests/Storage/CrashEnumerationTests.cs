using System.Globalization;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using NATS.Server.Testing.Storage.Crashes;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>
/// The power is cut and the process killed at every operation on the disk: all that was acknowledged is there, nothing is invented, no sequence is used twice.
/// </summary>
/// <remarks>More of it: <c>NATS_CRASH_SEEDS=1000 NATS_CRASH_STEPS=200</c>, beginning with <c>NATS_CRASH_SEED</c>.</remarks>
public sealed class CrashEnumerationTests
{
    private const int BlockSize = 2500;

    [Theory]
    [InlineData("plain")]
    [InlineData("compressed")]
    [InlineData("ChaCha")]
    [InlineData("AES, compressed")]
    [InlineData("limited")]
    public void Nothing_acknowledged_is_lost_whenever_the_power_goes(string kind)
    {
        int first = Setting("NATS_CRASH_SEED", 1);
        int seeds = Setting("NATS_CRASH_SEEDS", 3);
        int steps = Setting("NATS_CRASH_STEPS", 100);
        long checks = 0, acknowledged = 0;
        for (int seed = first; seed < first + seeds; seed++)
        {
            CrashRun run = CrashRun.Run(SettingsOf(kind) with { Seed = seed, Steps = steps });
            checks += run.Checks;
            acknowledged += run.Acknowledged;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{checks} stores opened, {acknowledged} messages acknowledged"));
        Assert.True(checks > seeds * 100);
        Assert.True(acknowledged > 0);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("compressed")]
    [InlineData("ChaCha")]
    public void Nothing_promised_is_lost_whatever_of_the_disk_fails(string kind)
    {
        int first = Setting("NATS_CRASH_SEED", 1);
        int seeds = Setting("NATS_CRASH_SEEDS", 20);
        int steps = Setting("NATS_CRASH_STEPS", 200);
        long checks = 0, commits = 0;
        for (int seed = first; seed < first + seeds; seed++)
        {
            CrashSettings settings = SettingsOf(kind) with { Seed = seed, Steps = steps };
            FaultRun run = FaultRun.Run(settings, (disk, listener) => Open(disk, kind, settings.Limits, listener, 1));
            checks += run.Checks;
            commits += run.Commits;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{checks} stores opened, {commits} commits after something had failed"));
        Assert.True(checks > seeds * 10);
        Assert.True(commits > seeds * 5);
    }

    [Fact]
    public void A_disk_that_lies_about_syncs_is_found_out() => FindsOut(disk => new LyingDisk(disk, forgetsFiles: true, forgetsNames: false));

    [Fact]
    public void A_disk_that_forgets_names_is_found_out() => FindsOut(disk => new LyingDisk(disk, forgetsFiles: false, forgetsNames: true));

    private static void FindsOut(Func<IDisk, IDisk> wrap) => Assert.Throws<StoreMismatchException>(() =>
    {
        for (int seed = 1; seed < 20; seed++) CrashRun.Run(SettingsOf("plain") with { Seed = seed, Wrap = wrap });
    });

    private static CrashSettings SettingsOf(string kind) => new()
    {
        Limits = new StoreLimits
        {
            Compression = kind.Contains("compressed", StringComparison.Ordinal) ? MessageCompression.S2 : MessageCompression.None,
            MaxMessages = kind == "limited" ? 25 : 0,
        },
        Open = (disk, limits, nowNs) => Open(disk, kind, limits, null, nowNs),
    };

    private static MessageStore Open(IDisk disk, string kind, StoreLimits limits, IStoreListener? listener, long nowNs) => FileStore.Open(
        new FileStoreOptions
        {
            Disk = disk,
            Directory = CrashRun.Root + "/S",
            Name = "S",
            BlockSize = BlockSize,
            Keys = kind is "ChaCha" or "AES, compressed" ? new StoreKeys("a secret", "ACCOUNT") : null,
            Cipher = kind == "ChaCha" ? StoreCipher.ChaCha : StoreCipher.Aes,
            Random = new Random(7),
        },
        limits,
        listener,
        nowNs);

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : fallback;

    // Says that it has synced and has not.
    private sealed class LyingDisk(IDisk disk, bool forgetsFiles, bool forgetsNames) : IDisk
    {
        public IDiskFile Open(string path, DiskOpen how) => new LyingFile(disk.Open(path, how), forgetsFiles);

        public bool FileExists(string path) => disk.FileExists(path);

        public bool DirectoryExists(string path) => disk.DirectoryExists(path);

        public IReadOnlyList<DiskEntry> List(string directory) => disk.List(directory);

        public void CreateDirectory(string directory) => disk.CreateDirectory(directory);

        public void DeleteFile(string path) => disk.DeleteFile(path);

        public void DeleteDirectory(string directory) => disk.DeleteDirectory(directory);

        public void Rename(string from, string to) => disk.Rename(from, to);

        public void SyncDirectory(string directory)
        {
            if (!forgetsNames) disk.SyncDirectory(directory);
        }

        public void Sync(Span<DiskSync> files)
        {
            foreach (DiskSync file in files) file.File.Sync();
        }

        public DiskSpace SpaceOf(string path) => disk.SpaceOf(path);
    }

    private sealed class LyingFile(IDiskFile file, bool forgets) : IDiskFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> data) => file.Write(offset, data);

        public void Truncate(long length) => file.Truncate(length);

        public void Sync()
        {
            if (!forgets) file.Sync();
        }

        public void Dispose() => file.Dispose();
    }
}
