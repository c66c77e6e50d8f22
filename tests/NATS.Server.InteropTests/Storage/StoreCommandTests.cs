using System.Text;
using System.Text.Json;
using NATS.Server.InteropTests.Host;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary><c>nats-server store</c> on directories that the reference wrote, and goes on with afterwards.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private const int Messages = 500;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("plain")]
    [InlineData("compressed")]
    [InlineData("chacha")]
    [InlineData("aes compressed")]
    public async Task A_flipped_bit_is_found_and_mended_and_the_reference_goes_on_with_everything_but_that_record(string variantName)
    {
        StoreVariant variant = StoreVariant.Of(variantName);
        StoreContents written = await WriteAsync(variant);
        Dictionary<string, byte[]> before = FilesOf();
        CommandRun healthy = await RunAsync("verify");
        Assert.Equal((0, ""), (healthy.ExitCode, healthy.Error));
        Assert.Equal("$G/S: ok, 500 messages", healthy.Output[..22]);
        Assert.Equal(before, FilesOf());

        // The last block is never compressed: one bit costs one record.
        string block = new StoreFolder(_folder.Path, variant).Blocks.Select(number => Path.Combine(Stream, "msgs", $"{number}.blk")).Last();
        byte[] content = File.ReadAllBytes(block);
        content[content.Length / 2] ^= 16;
        File.WriteAllBytes(block, content);
        before = FilesOf();
        CommandRun damaged = await RunAsync("verify", "--json");
        Assert.Equal((1, ""), (damaged.ExitCode, damaged.Error));
        using var report = JsonDocument.Parse(damaged.Output);
        JsonElement stream = Assert.Single(report.RootElement.GetProperty("streams").EnumerateArray());
        ulong lost = Assert.Single(stream.GetProperty("lost").EnumerateArray()).GetUInt64();
        Assert.Equal(Messages - 1, stream.GetProperty("messages").GetInt32());
        Assert.Equal(1, report.RootElement.GetProperty("totals").GetProperty("losses").GetInt32());
        Assert.Equal(1, (await RunAsync("repair", "--dry-run")).ExitCode);
        Assert.Equal(before, FilesOf());

        CommandRun repaired = await RunAsync("repair");
        Assert.Equal((1, ""), (repaired.ExitCode, repaired.Error));
        Assert.Contains($"$G/S: repaired, 499 messages, 1 message lost: {lost}", repaired.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("verify")).ExitCode);
        string kept = Assert.Single(Directory.GetFiles(Path.Combine(Stream, "lost+found"), Path.GetFileName(block), SearchOption.AllDirectories));
        Assert.Equal(content, File.ReadAllBytes(kept));

        StoreContents there;
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(_folder, variant))
        {
            there = await reference.ReadAsync();
            Assert.Empty(reference.Warnings);
            JsonElement info = await reference.Script.RequestAsync("$JS.API.CONSUMER.INFO.S.C", "");
            Assert.Equal(20UL, info.GetProperty("delivered").GetProperty("stream_seq").GetUInt64());
            await reference.StopAsync();
        }

        Assert.Equal([.. written.Messages.Where(message => message.Sequence != lost)], there.Messages);
        Assert.Equal(written.State.LastSequence, there.State.LastSequence);
        Assert.True(File.Exists(kept));
    }

    [Fact]
    public async Task A_store_that_a_server_has_open_is_left_alone()
    {
        await using ReferenceWork reference = await ReferenceWork.StartAsync(_folder, StoreVariant.Of("plain"));
        await reference.Script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"file"}""");
        foreach (string verb in (string[])["verify", "repair"])
        {
            CommandRun run = await CommandRun.OfAsync(OurServer.Path, _folder.Path, "store", verb, _folder.Path);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains("is in use by process ", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Messages_are_exported_as_lines()
    {
        StoreContents written = await WriteAsync(StoreVariant.Of("chacha"));
        CommandRun run = await RunAsync("export", "--jsonl");

        Assert.Equal(0, run.ExitCode);
        List<StoreMessage> exported = [];
        foreach (string line in run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            JsonElement message = json.RootElement;
            exported.Add(new StoreMessage(
                message.GetProperty("seq").GetUInt64(),
                message.GetProperty("subject").GetString()!,
                Encoding.Latin1.GetString(message.GetProperty("headers").GetBytesFromBase64()),
                Encoding.Latin1.GetString(message.GetProperty("data").GetBytesFromBase64()),
                StoreContents.TimeOf(message.GetProperty("time").GetString()!)));
        }

        Assert.Equal(written.Messages, exported);
    }

    [Fact]
    public async Task A_backup_of_a_damaged_store_is_restored_by_the_reference_with_all_that_could_be_read()
    {
        StoreVariant variant = StoreVariant.Of("chacha");
        StoreContents written = await WriteAsync(variant);
        string block = Path.Combine(Stream, "msgs", "1.blk");
        byte[] content = File.ReadAllBytes(block);
        content[content.Length / 2] ^= 16;
        File.WriteAllBytes(block, content);
        Dictionary<string, byte[]> before = FilesOf();

        CommandRun run = await RunAsync("export", "--to", Path.Combine(_folder.Path, "backup"));

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("1 message lost", run.Error, StringComparison.Ordinal);
        Assert.Equal(before.Keys.Order(), FilesOf().Keys.Where(file => !file.Contains("/backup/", StringComparison.Ordinal)).Order());
        using var empty = new TemporaryFolder();
        await using ReferenceWork reference = await ReferenceWork.StartAsync(empty, StoreVariant.Of("plain"));
        string description = File.ReadAllText(Path.Combine(_folder.Path, "backup", "backup.json"));
        await reference.Script.RestoreAsync("S", description, File.ReadAllBytes(Path.Combine(_folder.Path, "backup", "stream.arc.s2")));
        StoreContents restored = await reference.ReadAsync();
        Assert.Equal(Messages - 1, restored.Messages.Count);
        Assert.All(restored.Messages, message => Assert.Contains(message, written.Messages));
        JsonElement info = await reference.Script.RequestAsync("$JS.API.CONSUMER.INFO.S.C", "");
        Assert.Equal(20UL, info.GetProperty("delivered").GetProperty("stream_seq").GetUInt64());
    }

    [Theory]
    [InlineData("a backup needs --to", "export", ".")]
    [InlineData("verify, repair or export?", "--quiet")]
    [InlineData("unknown command \"store mend\"", "mend", ".")]
    [InlineData("a directory is needed", "verify")]
    [InlineData("unknown option --fix", "verify", ".", "--fix")]
    [InlineData("--stream needs a value", "verify", ".", "--stream")]
    [InlineData("--dry-run is for repair", "verify", ".", "--dry-run")]
    [InlineData("no such directory", "verify", "none")]
    [InlineData("is no store", "verify", ".")]
    [InlineData("unknown cipher rot13", "verify", ".", "--cipher", "rot13")]
    [InlineData("none.conf", "verify", "--config", "none.conf")]
    public async Task What_cannot_be_done_ends_with_two(string reason, params string[] arguments)
    {
        CommandRun run = await CommandRun.OfAsync(OurServer.Path, _folder.Path, ["store", .. arguments]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Without_anything_the_usage_is_printed()
    {
        CommandRun run = await CommandRun.OfAsync(OurServer.Path, _folder.Path, "store");

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("\nUsage: nats-server store verify|repair|export DIR", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encrypted_store_needs_its_key()
    {
        await WriteAsync(StoreVariant.Of("aes"));
        string store = Path.Combine(_folder.Path, "jetstream", "$G");
        string right = _folder.Write("right", StoreVariant.Key + "\n");
        string wrong = _folder.Write("wrong", "another");

        CommandRun without = await CommandRun.OfAsync(OurServer.Path, _folder.Path, "store", "verify", store);
        CommandRun other = await CommandRun.OfAsync(OurServer.Path, _folder.Path, "store", "verify", store, "--key-file", wrong);
        CommandRun fitting = await CommandRun.OfAsync(OurServer.Path, _folder.Path, "store", "verify", store, "--key-file", right);

        Assert.Equal((2, 2, 0), (without.ExitCode, other.ExitCode, fitting.ExitCode));
        Assert.Contains("is encrypted: the key of the server is needed", without.Error, StringComparison.Ordinal);
        Assert.Contains("the key does not open any of the encrypted streams", other.Error, StringComparison.Ordinal);
        Assert.Contains("encrypted", fitting.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Stream => Path.Combine(_folder.Path, "jetstream", "$G", "streams", "S");

    private async Task<StoreContents> WriteAsync(StoreVariant variant)
    {
        _folder.Write("server.conf", variant.ConfigFor(_folder.Path));
        await using ReferenceWork reference = await ReferenceWork.StartAsync(_folder, variant);
        string compression = variant.IsCompressed ? "s2" : "none";
        await reference.Script.RequestAsync("$JS.API.STREAM.CREATE.S", $$"""{"name":"S","subjects":["s.>"],"storage":"file","max_bytes":127000,"compression":"{{compression}}"}""");
        await reference.Script.RequestAsync("$JS.API.CONSUMER.DURABLE.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}""");
        for (int i = 0; i < Messages; i += 50)
        {
            await reference.PublishAsync([.. Enumerable.Range(i, 50).Select(n => ($"s.{n % 7}", n % 5 == 0 ? $"NATS/1.0\r\nNumber: {n}\r\n\r\n" : "", $"the payload of message number {n} {new string('x', n % 60)}"))]);
        }

        await reference.Script.FetchAsync("S", "C", 20);
        StoreContents contents = await reference.ReadAsync();
        await reference.StopAsync();
        return contents;
    }

    private Task<CommandRun> RunAsync(string verb, params string[] options) =>
        CommandRun.OfAsync(OurServer.Path, _folder.Path, ["store", verb, "--config", "server.conf", .. options]);

    private Dictionary<string, byte[]> FilesOf() =>
        Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);
}
