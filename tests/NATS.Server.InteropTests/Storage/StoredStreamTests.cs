using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>The files of a stream store, written by the reference and read here, and the other way round.</summary>
public sealed class StoredStreamTests
{
    // With this limit blocks have 32000 bytes, so that there are several.
    private const string Create = """{"name":"S","subjects":["s.>"],"storage":"file","max_bytes":127000,"compression":"COMPRESSION"}""";
    private const string CreateConsumer = """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit","ack_wait":3600000000000}}""";
    private const int Count = 500;

    private static readonly ulong[] Deleted = [5, 6, 100, 101, 300];

    public static TheoryData<string> Variants => ["plain", "compressed", "chacha", "chacha compressed", "aes", "aes compressed"];

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Every_file_of_the_reference_is_read_and_written_again_byte_for_byte(string name)
    {
        StoreVariant variant = StoreVariant.Of(name);
        using var folder = new TemporaryFolder();
        await using (ServerProcess server = await StartAsync(folder, variant)) await FillAsync(server, variant);

        var store = new StoreFolder(folder.Path, variant);
        Assert.Contains("\"name\":\"S\"", Encoding.UTF8.GetString(store.ReadMeta()), StringComparison.Ordinal);
        Assert.Contains("\"durable_name\":\"C\"", Encoding.UTF8.GetString(store.ReadConsumerMeta()), StringComparison.Ordinal);
        CheckRecords(store, variant);
        CheckIndex(store);
        CheckConsumer(store.ReadConsumerState());
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task The_reference_goes_on_with_a_store_that_was_written_here(string name)
    {
        StoreVariant variant = StoreVariant.Of(name);
        using var folder = new TemporaryFolder();
        string streamBefore;
        string consumerBefore;
        await using (ServerProcess server = await StartAsync(folder, variant))
        {
            await FillAsync(server, variant);
            await using ServerProcess again = await StartAsync(folder, variant);
            (streamBefore, consumerBefore) = await DescribeAsync(again);
            await again.StopAsync();
        }

        var store = new StoreFolder(folder.Path, variant);
        byte[] meta = store.ReadMeta();
        byte[] index = store.ReadIndex();
        byte[] consumerMeta = store.ReadConsumerMeta();
        byte[] consumerState = store.ReadConsumerState();
        uint last = store.Blocks.Max();
        foreach (uint block in store.Blocks) store.WriteBlock(block, store.ReadBlock(block), variant.IsCompressed && block != last);
        store.WriteState(meta, index, consumerMeta, consumerState);

        await using ServerProcess reader = await StartAsync(folder, variant);
        (string streamAfter, string consumerAfter) = await DescribeAsync(reader);
        Assert.Equal(streamBefore, streamAfter);
        Assert.Equal(consumerBefore, consumerAfter);
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(reader);
        foreach (int number in (int[])[1, 99, 153, 299, 302, 303, 450, 500])
        {
            JsonElement message = (await script.RequestAsync("$JS.API.STREAM.MSG.GET.S", $$"""{"seq":{{number}}}""")).GetProperty("message");
            Assert.Equal(MessageOf(number).Subject, message.GetProperty("subject").GetString());
            Assert.Equal(MessageOf(number).Payload, Encoding.Latin1.GetString(message.GetProperty("data").GetBytesFromBase64()));
        }

        // It found nothing to repair or rebuild.
        Assert.DoesNotContain(reader.Log, line => line.Contains("[WRN]", StringComparison.Ordinal) || line.Contains("[ERR]", StringComparison.Ordinal));
    }

    private static Task<ServerProcess> StartAsync(TemporaryFolder folder, StoreVariant variant) =>
        ReferenceServer.StartAsync(new ServerProcessOptions { Config = variant.ConfigFor(folder.Path) });

    private static (string Subject, string Headers, string Payload) MessageOf(int number) =>
        ($"s.{number % 7}", number % 3 == 0 ? $"NATS/1.0\r\nNumber: {number}\r\n\r\n" : "", $"message number {number} {string.Concat(Enumerable.Repeat("abc def ", number % 40))}");

    // Messages, deletions, and a consumer that has acknowledged, refused and not answered. Returns when the server has stopped.
    private static async Task FillAsync(ServerProcess server, StoreVariant variant)
    {
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", Create.Replace("COMPRESSION", variant.IsCompressed ? "s2" : "none", StringComparison.Ordinal));
        await script.PublishAsync([.. Enumerable.Range(1, Count).Select(MessageOf)]);
        foreach (ulong sequence in Deleted)
        {
            string keep = sequence % 2 == 0 ? "false" : "true";
            await script.RequestAsync("$JS.API.STREAM.MSG.DELETE.S", $$"""{"seq":{{sequence}},"no_erase":{{keep}}}""");
        }

        await script.RequestAsync("$JS.API.CONSUMER.CREATE.S.C", CreateConsumer);
        List<string> replies = await script.FetchAsync("S", "C", 10);
        foreach (int index in (int[])[0, 1, 3, 4]) await script.SendAsync(replies[index], "+ACK");
        await script.SendAsync(replies[5], "-NAK");
        await script.FetchAsync("S", "C", 10);
        await server.StopAsync();
    }

    // What a restart may not change.
    private static async Task<(string Stream, string Consumer)> DescribeAsync(ServerProcess server)
    {
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        JsonElement stream = await script.RequestAsync("$JS.API.STREAM.INFO.S", """{"deleted_details":true,"subjects_filter":">"}""");
        JsonElement consumer = await script.RequestAsync("$JS.API.CONSUMER.INFO.S.C", "");
        string[] told = [.. ((string[])["delivered", "ack_floor"]).Select(field => $"{field} {consumer.GetProperty(field).GetProperty("consumer_seq")} {consumer.GetProperty(field).GetProperty("stream_seq")}")];
        return (
            $"{stream.GetProperty("config")} {stream.GetProperty("created")} {stream.GetProperty("state")}",
            $"{consumer.GetProperty("config")} {string.Join(", ", told)} {consumer.GetProperty("num_ack_pending")} {consumer.GetProperty("num_redelivered")} {consumer.GetProperty("num_pending")}");
    }

    private static void CheckRecords(StoreFolder store, StoreVariant variant)
    {
        List<ulong> messages = [];
        List<ulong> erased = [];
        List<ulong> tombstones = [];
        foreach (uint block in store.Blocks)
        {
            HighwayHashKey key = StoreHashKey.OfBlock("S", block);
            byte[] records = store.ReadBlock(block);
            var again = new ArrayBufferWriter<byte>();
            for (int at = 0; at < records.Length;)
            {
                Assert.Equal(RecordStatus.Good, MessageRecord.Read(records.AsSpan(at), key, out StoredRecord record));
                (record.IsTombstone ? tombstones : record.IsErased ? erased : messages).Add(record.Sequence);
                if (!record.IsTombstone && !record.IsErased)
                {
                    (string Subject, string Headers, string Payload) expected = MessageOf((int)record.Sequence);
                    Assert.Equal(expected, (Encoding.Latin1.GetString(record.Subject), Encoding.Latin1.GetString(record.Headers), Encoding.Latin1.GetString(record.Payload)));
                }

                WriteAgain(again, key, record);
                at += record.Length;
            }

            Assert.Equal(Convert.ToHexString(records), Convert.ToHexString(again.WrittenSpan));
        }

        // An encrypted store does not overwrite what is deleted; a plain one does where it is asked to.
        Assert.Equal(Deleted, tombstones);
        Assert.Equal(variant.Cipher is null ? [6UL, 100, 300] : [], erased);
        Assert.Equal(Enumerable.Range(1, Count).Select(i => (ulong)i).Except(erased), messages);
    }

    private static void WriteAgain(ArrayBufferWriter<byte> output, HighwayHashKey key, in StoredRecord record)
    {
        Span<byte> memory = output.GetSpan(record.Length)[..record.Length];
        ulong hash;
        if (record.IsTombstone) MessageRecord.WriteTombstone(memory, key, record.Sequence, record.TimestampNs, out hash);
        else if (record.IsErased) MessageRecord.Erase(memory, key, record.Sequence, record.Payload, out hash);
        else MessageRecord.Write(memory, key, record.Sequence, record.TimestampNs, record.Subject, record.Headers, record.Payload, out hash);
        Assert.Equal(record.Hash, hash);
        output.Advance(record.Length);
    }

    private static void CheckIndex(StoreFolder store)
    {
        byte[] content = store.ReadIndex();
        Assert.True(StreamIndexReader.TryBegin(content, out StreamIndexReader reader));
        Assert.Equal((ulong)(Count - Deleted.Length), reader.Totals.Messages);
        Assert.Equal((1UL, (ulong)Count), (reader.Totals.FirstSequence, reader.Totals.LastSequence));
        Assert.Equal(7UL, reader.SubjectCount);

        var again = new ArrayBufferWriter<byte>();
        var writer = new StreamIndexWriter(again, reader.Totals, reader.SubjectCount);
        ulong messages = 0;
        while (reader.TryReadSubject(out ReadOnlySpan<byte> subject, out StoredSubject info))
        {
            messages += info.Messages;
            writer.WriteSubject(subject, info);
        }

        Assert.Equal(reader.Totals.Messages, messages);
        List<StoredBlock> blocks = [];
        while (reader.TryReadBlock(out StoredBlock? block)) blocks.Add(block!);
        Assert.True(reader.TryReadEnd(out uint lastBlock, out ulong lastHash));
        Assert.Equal(store.Blocks, blocks.Select(block => block.Index));
        Assert.Equal(Deleted, blocks.SelectMany(block => block.Deleted ?? Enumerable.Empty<ulong>()));
        Assert.Equal(blocks[^1].Index, lastBlock);
        Assert.Equal(BitConverter.ToUInt64(store.ReadBlock(lastBlock).AsSpan()[^8..]), lastHash);

        writer.BeginBlocks((ulong)blocks.Count);
        foreach (StoredBlock block in blocks) writer.WriteBlock(block);
        writer.WriteEnd(lastBlock, lastHash);
        Assert.Equal(Convert.ToHexString(content), Convert.ToHexString(again.WrittenSpan));
    }

    private static void CheckConsumer(byte[] file)
    {
        Assert.True(ConsumerSnapshot.TryDecode(file, out ConsumerSnapshot? snapshot, out long baseSeconds));
        Assert.Equal((2UL, 2UL, 20UL), (snapshot.AckFloorConsumer, snapshot.AckFloorStream, snapshot.DeliveredConsumer));
        Assert.Equal(15, snapshot.Pending.Count);
        Assert.Equal([new RedeliveredMessage(8, 1)], snapshot.Redelivered);
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.All(snapshot.Pending, message => Assert.InRange(message.TimeNs / 1_000_000_000, now - 300, now));
        var again = new ArrayBufferWriter<byte>();
        snapshot.Encode(again, baseSeconds);
        Assert.Equal(Convert.ToHexString(file), Convert.ToHexString(again.WrittenSpan));
    }
}
