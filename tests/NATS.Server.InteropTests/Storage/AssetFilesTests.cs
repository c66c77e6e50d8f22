using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Metadata, keys and consumer state that both servers write in turn.</summary>
public sealed class AssetFilesTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("chacha")]
    [InlineData("aes")]
    public async Task The_reference_goes_on_with_metadata_keys_and_consumer_state_that_were_written_here(string name)
    {
        StoreVariant variant = StoreVariant.Of(name);
        using var folder = new TemporaryFolder();
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            await reference.Script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s"],"storage":"file"}""");
            await reference.Script.RequestAsync("$JS.API.CONSUMER.DURABLE.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}""");
            await reference.PublishAsync([("s", "", "1"), ("s", "", "2"), ("s", "", "3"), ("s", "", "4")]);
            await reference.Script.FetchAsync("S", "C", 3);
            await reference.StopAsync();
        }

        string directory = Path.Combine(folder.Path, "jetstream", "$G", "streams", "S");
        WorkOn(directory, variant, isFirst: true);

        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            JsonElement info = await reference.Script.RequestAsync("$JS.API.CONSUMER.INFO.S.C", "");
            Assert.Equal(1, info.GetProperty("ack_floor").GetProperty("stream_seq").GetInt32());
            Assert.Equal(3, info.GetProperty("delivered").GetProperty("stream_seq").GetInt32());
            Assert.Equal(2, info.GetProperty("num_ack_pending").GetInt32());
            Assert.Empty(reference.Warnings);
            await reference.Script.FetchAsync("S", "C", 1);
            await reference.StopAsync();
        }

        WorkOn(directory, variant, isFirst: false);
    }

    private static void WorkOn(string directory, StoreVariant variant, bool isFirst)
    {
        using var disk = new SystemDisk();
        var encryption = new AssetEncryption
        {
            Keys = variant.Cipher is null ? null : new StoreKeys(StoreVariant.Key, "$G"),
            Cipher = variant.Cipher ?? StoreCipher.ChaCha,
            Random = new Random(1),
        };
        List<StoreFinding> findings = [];
        using AssetMetadata stream = AssetMetadata.Read(disk, directory, new AssetIdentity("S"), encryption, findings);
        string consumerDirectory = directory + "/obs/C";
        var identity = new AssetIdentity("S", "C");
        using AssetMetadata consumer = AssetMetadata.Read(disk, consumerDirectory, identity, encryption, findings);
        using ConsumerStore state = ConsumerStore.Open(
            new ConsumerStoreOptions { Disk = disk, Directory = consumerDirectory, Identity = identity, AckPolicy = AckPolicy.Explicit, Key = consumer.Key, Random = new Random(2) }, findings);
        Assert.All(findings, finding => Assert.Equal(StoreFindingKind.Note, finding.Kind));
        Assert.Equal("S", JsonDocument.Parse(stream.Content!).RootElement.GetProperty("name").GetString());
        Assert.Equal("C", JsonDocument.Parse(consumer.Content!).RootElement.GetProperty("durable_name").GetString());
        Assert.Equal(isFirst ? 3UL : 4UL, state.State.DeliveredStream);
        Assert.Equal(3, state.State.Pending.Count);
        if (isFirst) Assert.Equal(ConsumerStoreResult.Ok, state.UpdateAcks(1, 1));
        state.Stop();
        stream.Save(stream.Content);
        consumer.Save(consumer.Content);
    }
}
