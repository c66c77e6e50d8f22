using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Compressed streams that the reference sends, and that it is sent.</summary>
public sealed class BackupTests
{
    private const string Create = """{"name":"S","subjects":["s"],"storage":"file"}""";

    [Fact]
    public async Task A_backup_is_read_and_one_that_was_compressed_here_is_restored()
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", Create);

        // More than two blocks of a compressed stream, part of it noise.
        var random = new Random(7);
        List<(string Subject, string Headers, string Payload)> messages = [];
        for (int i = 0; i < 400; i++)
        {
            byte[] noise = new byte[random.Next(8000)];
            random.NextBytes(noise);
            messages.Add(("s", "", Encoding.Latin1.GetString(noise) + string.Concat(Enumerable.Repeat("text and more text ", random.Next(300)))));
        }

        await script.PublishAsync(messages);
        JsonElement before = (await script.RequestAsync("$JS.API.STREAM.INFO.S", "")).GetProperty("state");
        byte[] backup = await script.BackUpAsync("S");

        var archive = new ArrayBufferWriter<byte>();
        Assert.Equal(S2Error.None, S2Stream.Decompress(backup, archive, 64 << 20));
        Assert.True(archive.WrittenCount > 2 << 20);
        byte[] again = WriteAgain(archive.WrittenSpan, messages);
        Assert.True(archive.WrittenSpan.SequenceEqual(again));

        await script.RequestAsync("$JS.API.STREAM.DELETE.S", "");
        var compressed = new ArrayBufferWriter<byte>();
        S2Stream.Compress(again, compressed);
        JsonElement restored = await script.RestoreAsync("S", $$"""{"config":{{Create}},"state":{{before}}}""", compressed.WrittenSpan.ToArray());
        Assert.Equal(before.GetProperty("messages").GetInt32(), restored.GetProperty("state").GetProperty("messages").GetInt32());
        Assert.Equal(before.GetProperty("bytes").GetInt64(), restored.GetProperty("state").GetProperty("bytes").GetInt64());
        foreach (int number in (int[])[1, 200, 400])
        {
            JsonElement message = (await script.RequestAsync("$JS.API.STREAM.MSG.GET.S", $$"""{"seq":{{number}}}""")).GetProperty("message");
            Assert.Equal(messages[number - 1].Payload, Encoding.Latin1.GetString(message.GetProperty("data").GetBytesFromBase64()));
        }
    }

    [Fact]
    public async Task An_answer_that_was_asked_for_in_snappy_is_read()
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions
        {
            Config = "accounts { $SYS { users [ { user: s, password: s } ] } }",
        });
        await using RawClient client = await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"headers\":true,\"user\":\"s\",\"pass\":\"s\"}\r\n");
        const string headers = "NATS/1.0\r\nAccept-Encoding: snappy\r\n\r\n";
        await client.SendAsync($"SUB reply 1\r\nHPUB $SYS.REQ.SERVER.PING.VARZ reply {headers.Length} {headers.Length}\r\n{headers}\r\n");
        await client.ReadUntilAsync("HMSG reply 1 ");
        string[] sizes = (await client.ReadLineAsync()).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string message = await client.ReadExactlyAsync(int.Parse(sizes[1]));
        int headersLength = int.Parse(sizes[0]);
        Assert.Contains("Content-Encoding: snappy", message[..headersLength], StringComparison.Ordinal);

        byte[] body = Encoding.Latin1.GetBytes(message[headersLength..]);
        Assert.Equal("sNaPpY", Encoding.Latin1.GetString(body, 4, 6));
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(S2Error.None, S2Stream.Decompress(body, output, 1 << 20));
        using var answer = JsonDocument.Parse(output.WrittenMemory);
        Assert.Equal(server.Port, answer.RootElement.GetProperty("data").GetProperty("port").GetInt32());
    }

    // Entry by entry: the state, the messages, and an empty one at the end.
    private static byte[] WriteAgain(ReadOnlySpan<byte> archive, List<(string Subject, string Headers, string Payload)> messages)
    {
        var again = new ArrayBufferWriter<byte>();
        Assert.True(archive.StartsWith(BackupArchive.Magic));
        again.Write(BackupArchive.Magic);
        archive = archive[BackupArchive.Magic.Length..];
        for (int number = 0; !archive.IsEmpty; number++)
        {
            Assert.Equal(RecordStatus.Good, BackupArchive.ReadEntry(archive, out BackupEntry entry));
            string name = number == 0 ? "state.json" : number <= messages.Count ? messages[number - 1].Subject : "";
            Assert.Equal(name, Encoding.Latin1.GetString(entry.Name));
            BackupArchive.WriteEntry(again, entry);
            ReadOnlySpan<byte> content = archive.Slice(entry.Length, (int)(entry.HeadersLength + entry.PayloadLength));
            if (number > 0 && number <= messages.Count)
            {
                Assert.Equal((ulong)number, entry.Sequence);
                Assert.Equal(messages[number - 1].Payload, Encoding.Latin1.GetString(content));
            }

            again.Write(content);
            archive = archive[(entry.Length + content.Length)..];
        }

        return again.WrittenSpan.ToArray();
    }
}
