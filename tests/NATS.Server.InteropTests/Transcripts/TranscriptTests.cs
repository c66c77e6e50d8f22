using NATS.Server.Testing;
using NATS.Server.Testing.Transcripts;
using Xunit;

namespace NATS.Server.InteropTests.Transcripts;

/// <summary>Every script is played against the reference server and against ours; both must answer the same.</summary>
public sealed class TranscriptTests(TranscriptTests.Servers servers) : IClassFixture<TranscriptTests.Servers>
{
    private const int ShortScriptBytes = 1500;

    // The reference does not answer every script the same way each time: after a reload it iterates accounts in random order, and a message may miss a subscription
    // that is being moved. Ours plays once and has to give one of its answers.
    private const int ReferenceReplays = 2;

    public static TheoryData<string> Scripts => new(TranscriptScript.Names);

    /// <summary>Scripts of the protocol that are short enough to be sent in single bytes.</summary>
    public static TheoryData<string> ShortScripts => new(TranscriptScript.Names.Where(IsShort));

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Script_gets_the_answers_of_the_reference(string name)
    {
        TranscriptScript script = TranscriptScript.Load(name);
        Task<string> reference = servers.Reference.PlayAsync(script);
        string ours = await servers.Ours.PlayAsync(script);
        string expected = await reference;
        for (int again = 0; again < ReferenceReplays && expected != ours; again++)
        {
            expected = await servers.Reference.PlayAsync(script);
        }

        Assert.Equal(expected, ours);
    }

    [Theory]
    [MemberData(nameof(ShortScripts))]
    public async Task Script_gets_the_same_answers_when_every_byte_is_sent_by_itself(string name)
    {
        TranscriptScript script = TranscriptScript.Load(name);
        string whole = await servers.Ours.PlayAsync(script);
        string single = await servers.Ours.PlayAsync(script, byteByByte: true);
        Assert.Equal(whole, single);
    }

    private static bool IsShort(string name)
    {
        TranscriptScript script = TranscriptScript.Load(name);
        return script.CanShareServer && name.StartsWith("protocol/", StringComparison.Ordinal)
            && script.Steps.Where(step => step.Action == TranscriptAction.Send).Sum(step => step.Text.Length * step.Count) < ShortScriptBytes;
    }

    /// <summary>The two servers, started when first needed.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        private readonly Lazy<TranscriptServer> _reference = new(() => new TranscriptServer(ReferenceServer.Path));
        private readonly Lazy<TranscriptServer> _ours = new(() => new TranscriptServer(OurServer.Path));

        /// <exception cref="SkippedTestException">The machine has none: the test is skipped.</exception>
        public TranscriptServer Reference => _reference.Value;

        public TranscriptServer Ours => _ours.Value;

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            if (_reference.IsValueCreated) await _reference.Value.DisposeAsync();
            if (_ours.IsValueCreated) await _ours.Value.DisposeAsync();
        }
    }
}
