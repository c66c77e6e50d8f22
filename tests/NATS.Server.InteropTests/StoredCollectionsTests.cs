using System.Text.Json;
using NATS.Server.Core.Collections;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests;

/// <summary>Our readers against files that the reference server wrote.</summary>
public sealed class StoredCollectionsTests
{
    [Fact]
    public async Task Deadlines_of_the_reference_are_read()
    {
        await using ServerProcess server = await StartAsync();
        await using RawClient client = await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await RequestAsync(client, "$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s"],"storage":"file","allow_msg_ttl":true}""");
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        foreach (string ttl in (string[])["3600s", "", "7200s", "3600s"])
        {
            const string version = "NATS/1.0\r\n";
            string headers = ttl.Length == 0 ? version + "\r\n" : $"{version}Nats-TTL: {ttl}\r\n\r\n";
            await client.SendAsync($"HPUB s {headers.Length} {headers.Length + 1}\r\n{headers}x\r\n");
        }

        // A stream stores in its own time: only the acknowledgement of a last message, which lives forever, says that all are there.
        await RequestAsync(client, "s", "x");
        long after = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await server.StopAsync();

        byte[] file = await File.ReadAllBytesAsync(FileOf(server, "thw.db"));
        Assert.True(HashWheel.TryDecode(file, out HashWheel? wheel, out ulong highSequence, out string? error), error);
        Assert.Equal(6UL, highSequence);
        List<HashWheelEntry> entries = [];
        wheel.Expire(long.MaxValue, entry =>
        {
            entries.Add(entry);
            return true;
        });
        entries.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        Assert.Equal([1UL, 3, 4], entries.Select(entry => entry.Sequence));
        Assert.All(entries, entry => Assert.InRange(entry.ExpiresNs / 1_000_000_000 - (entry.Sequence == 3 ? 7200 : 3600), before, after));
    }

    // The state of a stream holds, for each block with gaps, the set of what was deleted.
    [Fact]
    public async Task Deleted_sequences_of_the_reference_are_read()
    {
        ulong[] deleted = [2, 3, 5, 64, 2047, 2048, 2049, 4999];
        await using ServerProcess server = await StartAsync();
        await using RawClient client = await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await RequestAsync(client, "$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s"],"storage":"file"}""");
        await client.SendAsync(string.Concat(Enumerable.Repeat("PUB s 1\r\nx\r\n", 4999)));

        // A stream stores in its own time: only the acknowledgement of the last message says that all are there.
        await RequestAsync(client, "s", "x");
        foreach (ulong sequence in deleted)
        {
            await RequestAsync(client, "$JS.API.STREAM.MSG.DELETE.S", $$"""{"seq":{{sequence}},"no_erase":true}""");
        }

        await server.StopAsync();

        byte[] file = await File.ReadAllBytesAsync(FileOf(server, "index.db"));
        SequenceSet? found = null;
        int length = 0;
        int at = 0;
        while (found is null || !found.SequenceEqual(deleted))
        {
            Assert.True(at < file.Length, "no set in the file has the deleted sequences");
            SequenceSet.TryDecode(file.AsSpan(at++), out found, out length, out _);
        }

        byte[] encoded = new byte[found.EncodedLength];
        found.Encode(encoded);
        Assert.Equal(Convert.ToHexString(file.AsSpan(at - 1, length)), Convert.ToHexString(encoded));
    }

    private static Task<ServerProcess> StartAsync() => ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });

    private static string FileOf(ServerProcess server, string name) =>
        Assert.Single(Directory.GetFiles(server.Folder, name, SearchOption.AllDirectories));

    private static async Task RequestAsync(RawClient client, string subject, string body)
    {
        await client.SendAsync($"SUB reply 1\r\nUNSUB 1 1\r\nPUB {subject} reply {body.Length}\r\n{body}\r\n");
        await client.ReadUntilAsync("MSG reply 1 ");
        int size = int.Parse(await client.ReadLineAsync());
        using var response = JsonDocument.Parse(await client.ReadExactlyAsync(size));
        await client.ExpectAsync("\r\n");
        Assert.False(response.RootElement.TryGetProperty("error", out JsonElement error), error.ToString());
    }
}
