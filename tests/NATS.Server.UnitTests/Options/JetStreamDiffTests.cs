using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Options;

/// <summary>What a running JetStream can become.</summary>
public sealed class JetStreamDiffTests
{
    private const string Whole = "config reload not supported for jetstream max memory and max store";
    private const string Dynamic = "config reload not supported for jetstream dynamic max memory and store";
    private const string Less = "config reload not supported for decreasing jetstream max memory and store";

    private static readonly JetStreamOptions JetStream = new() { StoreDirectory = "s", MaxMemory = 1000, MaxStorage = 1000 };
    private static readonly ServerOptions Running = new() { JetStream = JetStream };

    public static TheoryData<ServerOptions, ServerOptions, string[]> Growths => new()
    {
        { Running, With(o => o with { MaxMemory = 2000 }), ["Reloaded: JetStream max_mem_store = 1.95 KB"] },
        { Running, With(o => o with { MaxMemory = 2000, MaxStorage = 3000 }), ["Reloaded: JetStream max_mem_store = 1.95 KB", "Reloaded: JetStream max_file_store = 2.93 KB"] },
        { With(o => o with { MaxMemory = 0 }), Running, ["Reloaded: JetStream max_mem_store = 1000 B"] },
        { With(o => o with { MaxMemory = -5 }), With(o => o with { MaxMemory = -3 }), [] },
        {
            Running, With(o => o with { MaxStorage = 2000, Limits = new JetStreamLimitOptions { DefaultMaxConsumers = -1 } }),
            ["Reloaded: JetStream max_file_store = 1.95 KB", "Reloaded: JetStream limits"]
        },
        { Running, With(o => o with { MetaCompact = 5, MetaCompactSize = 6, MetaCompactSync = true }), [] },
        { Running, Running with { JetStream = null }, ["Reloaded: JetStream"] },
        { Running, new ServerOptions(), ["Reloaded: JetStream"] },
        { new ServerOptions(), Running, ["Reloaded: JetStream"] },
        { Running with { JetStream = null }, With(o => o with { StoreDirectory = "t", MaxMemory = 5 }), ["Reloaded: JetStream"] },
        { With(o => o with { MaxConcurrentIo = 5 }), new ServerOptions(), ["Reloaded: JetStream"] },
    };

    [Theory]
    [MemberData(nameof(Growths))]
    public void JetStream_can_grow_start_and_stop(ServerOptions current, ServerOptions next, string[] notices)
    {
        var diff = OptionsDiff.Compare(current, OptionsDiff.CarryOver(current, next));
        Assert.Empty(diff.Errors);
        Assert.Equal(notices, diff.Changes.Select(change => change.Notice).Where(notice => notice.Contains("JetStream", StringComparison.Ordinal)));
    }

    public static TheoryData<ServerOptions, ServerOptions, string> Refusals => new()
    {
        { Running, With(o => o with { MaxMemory = 500 }), Less },
        { Running, With(o => o with { MaxStorage = 0 }), Less },
        { Running, With(o => o with { MaxMemory = -5 }), Less },
        { Running, With(o => o with { MaxMemory = -1 }), Whole },
        { With(o => o with { MaxMemory = 0 }), With(o => o with { MaxMemory = -1 }), Whole },
        { With(o => o with { MaxStorage = -1 }), Running, Dynamic },
        { With(o => o with { MaxStorage = -1 }), With(o => o with { MaxStorage = -5 }), Dynamic },
        { Running, With(o => o with { StoreDirectory = "t" }), "config reload not supported for jetstream storage directory" },
        { Running, With(o => o with { StoreDirectory = "" }), "config reload not supported for jetstream storage dir" },
        { Running, With(o => o with { StoreDirectory = "t" }) with { JetStream = null }, "config reload not supported for jetstream storage directory" },
        { With(o => o with { Domain = "hub" }), new ServerOptions(), "config reload not supported for JetStreamDomain: old=hub, new=" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void JetStream_cannot_shrink_or_move(ServerOptions current, ServerOptions next, string error)
    {
        Assert.Equal([error], OptionsDiff.Compare(current, OptionsDiff.CarryOver(current, next)).Errors);
    }

    [Fact]
    public void JetStream_that_has_stopped_by_itself_is_started_again()
    {
        var diff = OptionsDiff.Compare(Running, Running, runsJetStream: false);
        Assert.Contains(diff.Changes, change => change.Option == ReloadableOption.JetStream);
        Assert.Empty(OptionsDiff.Compare(Running, With(o => o with { MaxMemory = 5, StoreDirectory = "t" }), runsJetStream: false).Errors);
    }

    private static ServerOptions With(Func<JetStreamOptions, JetStreamOptions> change) => new() { JetStream = change(JetStream) };
}
