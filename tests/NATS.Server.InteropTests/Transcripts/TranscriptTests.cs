using NATS.Server.Testing;
using NATS.Server.Testing.Transcripts;
using Xunit;

namespace NATS.Server.InteropTests.Transcripts;

/// <summary>Every script is played against the reference server and against ours; both must answer the same.</summary>
public sealed class TranscriptTests
{
    public static TheoryData<string> Scripts => new(TranscriptScript.Names);

    /// <summary>Scripts that are short enough to be sent in single bytes.</summary>
    public static TheoryData<string> ShortScripts => new(TranscriptScript.Names.Where(name => IsShort(TranscriptScript.Load(name))));

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Script_gets_the_answers_of_the_reference(string name)
    {
        TranscriptScript script = TranscriptScript.Load(name);
        Task<string> reference = TranscriptRunner.PlayAsync(ReferenceServer.Path, script);
        string ours = await TranscriptRunner.PlayAsync(OurServer.Path, script);
        Assert.Equal(await reference, ours);
    }

    [Theory]
    [MemberData(nameof(ShortScripts))]
    public async Task Script_gets_the_same_answers_when_every_byte_is_sent_by_itself(string name)
    {
        TranscriptScript script = TranscriptScript.Load(name);
        Task<string> whole = TranscriptRunner.PlayAsync(OurServer.Path, script);
        string single = await TranscriptRunner.PlayAsync(OurServer.Path, script, byteByByte: true);
        Assert.Equal(await whole, single);
    }

    private static bool IsShort(TranscriptScript script) =>
        script.Steps.Where(step => step.Action == TranscriptAction.Send).Sum(step => step.Text.Length * step.Count) < 1500;
}
