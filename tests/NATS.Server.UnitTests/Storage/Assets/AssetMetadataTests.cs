using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Assets;

public sealed class AssetMetadataTests
{
    private const string Directory = "/js/$G/streams/S";
    private static readonly AssetIdentity Identity = new("S");
    private static readonly byte[] Old = """{"Created":"2026-01-01T00:00:00Z","name":"S","subjects":["s"],"max_msgs":100}"""u8.ToArray();
    private static readonly byte[] Newer = """{"Created":"2026-01-01T00:00:00Z","name":"S","subjects":["s","t"],"max_msgs":200}"""u8.ToArray();
    private static readonly string[] Files = [AssetFiles.Meta, AssetFiles.Checksum, AssetFiles.MetaTwin, AssetFiles.Key, AssetFiles.KeyTwin];

    public static TheoryData<string> Kinds => ["plain", "chacha", "aes"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_written_is_read_and_nothing_is_found(string kind)
    {
        SimulatedDisk disk = Write(kind, Old);

        using AssetMetadata read = Read(disk, EncryptionOf(kind), out List<StoreFinding> findings);

        Assert.Equal(Old, read.Content);
        Assert.Empty(findings);
        Assert.False(read.NeedsConversion);
        Assert.Equal(kind != "plain", read.Key is not null);
        Assert.Equal(kind == "plain" ? 3 : 5, disk.Files.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_flipped_bit_in_any_file_is_reported_and_repaired(string kind)
    {
        SimulatedDisk disk = Write(kind, Old);
        int cases = 0;
        foreach (string name in disk.Files.ToList())
        {
            int bits = disk.ContentOf(name)!.Length * 8;
            for (int bit = 0; bit < bits; bit += kind == "plain" ? 1 : 7, cases++)
            {
                SimulatedDisk damaged = disk.Kill();
                damaged.FlipBit(name, bit);
                AssertRepaired(damaged, EncryptionOf(kind), Old, $"{name} bit {bit}");
            }
        }

        Assert.True(cases > 300);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_that_is_cut_off_or_gone_is_reported_and_repaired(string kind)
    {
        SimulatedDisk disk = Write(kind, Old);
        foreach (string name in disk.Files.ToList())
        {
            byte[] content = disk.ContentOf(name)!;
            for (int length = -1; length < content.Length; length++)
            {
                SimulatedDisk damaged = disk.Kill();
                if (length < 0) damaged.DeleteFile(name);
                else damaged.Put(name, content.AsSpan(0, length));
                AssertRepaired(damaged, EncryptionOf(kind), Old, $"{name} with {length} bytes");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_flipped_bit_is_found_also_when_there_is_no_twin_or_a_stale_one(string kind)
    {
        foreach (bool isStale in (bool[])[true, false])
        {
            SimulatedDisk disk = Write(kind, Old);
            byte[] twin = disk.ContentOf($"{Directory}/{AssetFiles.MetaTwin}")!;
            using (AssetMetadata metadata = Read(disk, EncryptionOf(kind), out _)) metadata.Save(Newer);
            if (isStale) disk.Put($"{Directory}/{AssetFiles.MetaTwin}", twin);
            else disk.DeleteFile($"{Directory}/{AssetFiles.MetaTwin}");
            disk.DeleteFile($"{Directory}/{AssetFiles.KeyTwin}");
            foreach (string name in Files.Where(name => !name.EndsWith(".twin", StringComparison.Ordinal) && disk.FileExists($"{Directory}/{name}")))
            {
                int bits = disk.ContentOf($"{Directory}/{name}")!.Length * 8;
                for (int bit = 0; bit < bits; bit += kind == "plain" ? 1 : 61)
                {
                    SimulatedDisk damaged = disk.Kill();
                    damaged.FlipBit($"{Directory}/{name}", bit);
                    AssertRepaired(damaged, EncryptionOf(kind), Newer, $"{name} bit {bit}");
                }
            }
        }
    }

    [Fact]
    public void What_the_other_server_has_written_is_believed_and_the_twin_follows()
    {
        SimulatedDisk disk = Write("plain", Old);
        PutPair(disk, Newer, Newer);

        using AssetMetadata read = Read(disk, EncryptionOf("plain"), out List<StoreFinding> findings);

        Assert.Equal(Newer, read.Content);
        Assert.Equal(StoreFindingKind.Note, Assert.Single(findings).Kind);
        disk.Put($"{Directory}/{AssetFiles.Meta}", []);
        using AssetMetadata again = Read(disk, EncryptionOf("plain"), out _);
        Assert.Equal(Newer, again.Content);
    }

    [Fact]
    public void When_the_other_server_stopped_between_its_two_files_the_configuration_it_had_acknowledged_is_taken()
    {
        SimulatedDisk disk = Write("plain", Old);
        PutPair(disk, Newer, Old);

        using AssetMetadata read = Read(disk, EncryptionOf("plain"), out List<StoreFinding> findings);

        Assert.Equal(Old, read.Content);
        Assert.Equal(StoreFindingKind.Damage, Assert.Single(findings).Kind);
        Assert.Equal(Newer, disk.ContentOf($"{Directory}/damaged.{AssetFiles.Meta}"));
    }

    [Fact]
    public void A_configuration_that_is_whole_counts_more_than_a_stale_twin_when_the_checksum_is_lost()
    {
        SimulatedDisk disk = Write("plain", Old);
        PutPair(disk, Newer, Newer);
        disk.DeleteFile($"{Directory}/{AssetFiles.Checksum}");

        using AssetMetadata read = Read(disk, EncryptionOf("plain"), out _);

        Assert.Equal(Newer, read.Content);
    }

    [Fact]
    public void An_older_configuration_is_better_than_none()
    {
        SimulatedDisk disk = Write("plain", Old);
        PutPair(disk, Newer, Newer);
        disk.Put($"{Directory}/{AssetFiles.Meta}", Newer.AsSpan(0, 20));

        using AssetMetadata read = Read(disk, EncryptionOf("plain"), out List<StoreFinding> findings);

        Assert.Equal(Old, read.Content);
        Assert.Contains(findings, finding => finding.Kind == StoreFindingKind.Loss);
    }

    [Fact]
    public void With_everything_damaged_nothing_is_deleted_and_nothing_is_invented()
    {
        SimulatedDisk disk = Write("plain", Old);
        foreach (string name in disk.Files.ToList()) disk.Put(name, "x"u8);
        List<string> before = [.. disk.Files];

        using AssetMetadata read = Read(disk, EncryptionOf("plain"), out List<StoreFinding> findings);

        Assert.Null(read.Content);
        Assert.Equal(StoreFindingKind.Loss, Assert.Single(findings).Kind);
        Assert.Equal(before, disk.Files);
    }

    [Fact]
    public void Reading_without_repairs_writes_nothing()
    {
        SimulatedDisk disk = Write("chacha", Old);
        disk.FlipBit($"{Directory}/{AssetFiles.Meta}", 5);
        disk.DeleteFile($"{Directory}/{AssetFiles.KeyTwin}");
        long changes = disk.Changes;
        List<StoreFinding> findings = [];

        using AssetMetadata read = AssetMetadata.Read(disk, Directory, Identity, EncryptionOf("chacha"), findings, repairs: false);

        Assert.Equal(Old, read.Content);
        Assert.Equal(2, findings.Count);
        Assert.All(findings, finding => Assert.False(finding.IsRepaired));
        Assert.Equal(changes, disk.Changes);
    }

    [Fact]
    public void What_cannot_be_repaired_for_lack_of_space_is_read_all_the_same()
    {
        SimulatedDisk disk = Write("plain", Old);
        disk.FlipBit($"{Directory}/{AssetFiles.Meta}", 5);
        disk.CapacityBytes = disk.UsedBytes;

        using AssetMetadata read = Read(disk, EncryptionOf("plain"), out List<StoreFinding> findings);

        Assert.Equal(Old, read.Content);
        Assert.False(Assert.Single(findings).IsRepaired);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_power_cut_at_any_call_of_an_update_leaves_the_old_or_the_new_configuration(string kind)
    {
        SimulatedDisk disk = Write(kind, Old);
        using AssetMetadata metadata = Read(disk, EncryptionOf(kind), out _);
        int cuts = 0;
        disk.Before = (in DiskOperation operation) =>
        {
            for (int seed = 0; seed < 20; seed++, cuts++)
            {
                using AssetMetadata read = Read(disk.Crash(seed), EncryptionOf(kind), out List<StoreFinding> findings);
                Assert.True(read.Content!.SequenceEqual(Old) || read.Content!.SequenceEqual(Newer));
                Assert.DoesNotContain(findings, finding => finding.Kind == StoreFindingKind.Loss);
            }
        };
        metadata.Save(Newer);
        disk.Before = null;
        Assert.True(cuts > 200);
        for (int seed = 0; seed < 20; seed++)
        {
            using AssetMetadata read = Read(disk.Crash(seed), EncryptionOf(kind), out List<StoreFinding> findings);
            Assert.Equal(Newer, read.Content);
            Assert.Empty(findings);
        }
    }

    [Theory]
    [InlineData("plain", "chacha")]
    [InlineData("chacha", "aes")]
    [InlineData("aes", "chacha")]
    [InlineData("chacha", "chacha new")]
    [InlineData("chacha", "aes new")]
    public void A_conversion_may_be_cut_anywhere_and_is_taken_up_again(string from, string to)
    {
        SimulatedDisk disk = Write(from, Old);
        using AssetMetadata metadata = Read(disk, EncryptionOf(to), out _);
        Assert.True(metadata.NeedsConversion);
        disk.Put($"{Directory}/state", "old"u8);
        int cuts = 0;
        disk.Before = (in DiskOperation operation) =>
        {
            for (int seed = 0; seed < 10; seed++, cuts++)
            {
                SimulatedDisk cut = disk.Crash(seed);
                using AssetMetadata read = Read(cut, EncryptionOf(to), out List<StoreFinding> findings);
                Assert.Equal(Old, read.Content);
                Assert.DoesNotContain(findings, finding => finding.Kind == StoreFindingKind.Loss);
                read.Convert();
                using AssetMetadata again = Read(cut, EncryptionOf(to), out _);
                Assert.Equal(Old, again.Content);
                Assert.False(again.NeedsConversion);
            }
        };
        metadata.Convert(_ => disk.Put($"{Directory}/state", "new"u8));
        disk.Before = null;
        Assert.True(cuts > 100);
        Assert.Equal("new"u8.ToArray(), disk.ContentOf($"{Directory}/state"));
        using AssetMetadata converted = Read(disk.Crash(0), EncryptionOf(to), out List<StoreFinding> none);
        Assert.Empty(none);
        Assert.False(converted.NeedsConversion);
        Assert.Equal(Old, converted.Content);
    }

    [Fact]
    public void An_encrypted_asset_is_not_opened_without_a_key_and_stays_as_it_is()
    {
        SimulatedDisk disk = Write("chacha", Old);
        long changes = disk.Changes;

        using AssetMetadata read = Read(disk, EncryptionOf("plain"), out List<StoreFinding> findings);

        Assert.Null(read.Content);
        Assert.Equal("encrypted store encountered with no main key", Assert.Single(findings).Text);
        Assert.Equal(changes, disk.Changes);
    }

    [Fact]
    public void The_configuration_is_not_readable_on_an_encrypted_disk()
    {
        SimulatedDisk disk = Write("aes", Old);

        Assert.All(disk.Files, name => Assert.DoesNotContain("subjects", Encoding.Latin1.GetString(disk.ContentOf(name)!), StringComparison.Ordinal));
    }

    internal static AssetEncryption EncryptionOf(string kind) => new()
    {
        Random = new Random(5),
        Keys = kind switch { "plain" => null, "chacha" or "aes" => new StoreKeys("k", "$G"), _ => new StoreKeys("new", "$G") },
        PreviousKeys = kind.EndsWith("new", StringComparison.Ordinal) ? new StoreKeys("k", "$G") : null,
        Cipher = kind.StartsWith("aes", StringComparison.Ordinal) ? StoreCipher.Aes : StoreCipher.ChaCha,
    };

    private static SimulatedDisk Write(string kind, byte[] content)
    {
        var disk = new SimulatedDisk();
        AssetMetadata.Create(disk, Directory, Identity, EncryptionOf(kind), content).Dispose();
        foreach (string directory in (string[])["/", "/js", "/js/$G", "/js/$G/streams"]) disk.SyncDirectory(directory);
        return disk.Crash(0);
    }

    private static void PutPair(SimulatedDisk disk, byte[] content, byte[] checksumOf)
    {
        disk.Put($"{Directory}/{AssetFiles.Meta}", content);
        disk.Put($"{Directory}/{AssetFiles.Checksum}", Encoding.ASCII.GetBytes(MetaChecksum.Of(Identity.HashKey, checksumOf)));
    }

    private static AssetMetadata Read(SimulatedDisk disk, AssetEncryption encryption, out List<StoreFinding> findings) =>
        AssetMetadata.Read(disk, Directory, Identity, encryption, findings = []);

    private static void AssertRepaired(SimulatedDisk disk, AssetEncryption encryption, byte[] expected, string what)
    {
        using (AssetMetadata read = Read(disk, encryption, out List<StoreFinding> findings))
        {
            Assert.True(read.Content is not null && read.Content.SequenceEqual(expected), what);
            Assert.True(findings.Count > 0, what);
            Assert.All(findings, finding => Assert.True(finding.IsRepaired && finding.Kind != StoreFindingKind.Loss, what + ": " + finding));
        }

        using AssetMetadata again = Read(disk, encryption, out List<StoreFinding> none);
        Assert.True(again.Content!.SequenceEqual(expected), what);
        Assert.True(none.Count == 0, what);
    }
}
