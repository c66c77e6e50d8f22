using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.Testing;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage.Backups;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Backups that are wrong are refused with the words of the reference, but for those that it takes.</summary>
public sealed class BackupRefusalTests
{
    private const string State = "{\"first_seq\":1,\"last_seq\":3}";
    private const string OneConsumer = "{\"first_seq\":1,\"last_seq\":3,\"consumer_count\":1}";

    [Fact]
    public async Task Wrong_backups_are_refused_with_the_same_words()
    {
        Dictionary<string, byte[]> backups = new()
        {
            ["no state"] = Backups.OfEntries(("other", 0, 0, "", "{}")),
            ["no consumer"] = Backups.OfEntries(("state.json", 0, 0, "", OneConsumer), ("a", 1, 1, "", "x")),
            ["no config"] = Backups.OfEntries(("state.json", 0, 0, "", OneConsumer), ("consumers/C", 0, 0, "", "{\"state\":{}}")),
            ["no consumer state"] = Backups.OfEntries(("state.json", 0, 0, "", OneConsumer), ("consumers/C", 0, 0, "", "{\"config\":{}}")),
            ["no sequence"] = Backups.OfEntries(("state.json", 0, 0, "", State), ("a", 1, 0, "", "x")),
            ["out of order"] = Backups.OfEntries(("state.json", 0, 0, "", State), ("a", 1, 2, "", "x"), ("a", 1, 2, "", "x")),
            ["below the first"] = Backups.OfEntries(("state.json", 0, 0, "", "{\"first_seq\":5,\"last_seq\":9}"), ("a", 1, 4, "", "x")),
            ["too long"] = Backups.OfEntries(("state.json", 0, 0, "", State), ("a", 1, 2, "hhhhhhh", "xxxx")),
            ["no numbers"] = Backups.Compress("NATSARC1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"u8),
            ["not compressed"] = "this is not compressed"u8.ToArray(),
            ["other name"] = Backups.OfFiles([("meta.inf", "{\"name\":\"T\",\"subjects\":[\"a\"]}"u8.ToArray())]),
        };
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        List<string> theirs = [], ours = [];
        foreach ((string what, byte[] backup) in backups)
        {
            theirs.Add($"{what}: {await AskAsync(script, backup)}");
            ours.Add($"{what}: restore failed: {Refusal(backup)}");
        }

        Assert.Equal(theirs, ours);
    }

    [Fact]
    public async Task What_the_reference_takes_though_it_is_no_backup_is_refused_here()
    {
        byte[] meta = "{\"name\":\"S\",\"subjects\":[\"a\"]}"u8.ToArray();
        byte[] gaveUp = Backups.OfFiles([("meta.inf", meta), ("errors.txt", "the disk failed"u8.ToArray())]);
        byte[] escapes = Backups.OfFiles([("meta.inf", meta), ("../../x", [1])]);
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        Assert.Null(await AskAsync(script, gaveUp));
        Assert.StartsWith("restore failed: unexpected content", await AskAsync(script, escapes), StringComparison.Ordinal);
        Assert.Equal("the backup was not completed by the server that made it", Refusal(gaveUp));
        Assert.StartsWith("unexpected content", Refusal(escapes), StringComparison.Ordinal);
    }

    // What the reference has restored of it stays, and would be in the way of the next.
    private static async Task<string?> AskAsync(JetStreamScript script, byte[] backup)
    {
        string? refusal = await script.TryRestoreAsync("S", """{"config":{"name":"S","subjects":["a"],"storage":"file","max_msg_size":10},"state":{} }""", backup);
        await script.AskAsync("$JS.API.STREAM.DELETE.S", "");
        return refusal;
    }

    private static string? Refusal(byte[] backup)
    {
        RestoreOptions options = Backups.OptionsFor(new SimulatedDisk(), new StoreLimits(), 1) with { MaximumMessageSize = 10 };
        using StreamRestore restore = Backups.Restore(backup, options, new Random(1));
        return restore.Failure?.Text;
    }
}
