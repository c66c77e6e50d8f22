using NATS.Server.JetStream.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Directories of message stores that the reference wrote and our store opens, and the other way round.</summary>
public sealed class SharedDirectoryTests
{
    private const int Steps = 40;
    private const int Rounds = 3;

    private static readonly string[] VariantNames = ["plain", "compressed", "chacha", "chacha compressed", "aes", "aes compressed"];
    private static readonly string[] SetupNames = ["several blocks", "one block", "per subject", "ttl"];

    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (string variant in VariantNames)
            {
                foreach (string setup in SetupNames)
                {
                    // Encryption does not depend on limits: two setups are enough for it.
                    if (variant is not ("plain" or "compressed") && setup is "per subject" or "ttl") continue;
                    cases.Add(variant, setup, true);
                    cases.Add(variant, setup, false);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_directory_of_the_reference_opens_here_with_everything_equal(string variantName, string setupName, bool isStopped)
    {
        (StoreVariant variant, StreamSetup setup) = (StoreVariant.Of(variantName), StreamSetup.Of(setupName));
        using var folder = new TemporaryFolder();
        StoreContents expected;
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            await reference.Script.RequestAsync("$JS.API.STREAM.CREATE.S", setup.CreateRequest(variant));
            await StreamWork.RunAsync(reference, setup, new Random(1), Steps);
            expected = await reference.ReadAsync();
            await EndAsync(reference, isStopped);
        }

        using var ours = new OurWork(folder, variant, setup);
        AssertSame(expected, StoreContents.Of(ours.Store), setup, isStopped);
        Assert.Null(ours.Store.Lost);
        Assert.Empty(ours.Damage);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_directory_written_here_opens_there_and_both_go_on_with_it(string variantName, string setupName, bool isStopped)
    {
        (StoreVariant variant, StreamSetup setup) = (StoreVariant.Of(variantName), StreamSetup.Of(setupName));
        using var folder = new TemporaryFolder();
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            await reference.Script.RequestAsync("$JS.API.STREAM.CREATE.S", setup.CreateRequest(variant));
            await reference.StopAsync();
        }

        // What the reference had for the empty stream is gone but for its metadata: everything is written here.
        Directory.Delete(Path.Combine(folder.Path, "jetstream", "$G", "streams", "S", "msgs"), recursive: true);
        var random = new Random(2);
        for (int round = 0; round < Rounds; round++)
        {
            StoreContents expected;
            using (var ours = new OurWork(folder, variant, setup))
            {
                Assert.Empty(ours.Damage);
                await StreamWork.RunAsync(ours, setup, random, Steps);
                expected = StoreContents.Of(ours.Store);
                if (isStopped) ours.Stop();
            }

            await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
            {
                AssertSame(expected, await reference.ReadAsync(), setup, isStopped);
                Assert.DoesNotContain(reference.Warnings, line => !IsAboutTheEnd(line));
                await StreamWork.RunAsync(reference, setup, random, Steps / 2);
                expected = await reference.ReadAsync();
                await EndAsync(reference, isStopped);
            }

            using var again = new OurWork(folder, variant, setup);
            AssertSame(expected, StoreContents.Of(again.Store), setup, isStopped);
            Assert.Empty(again.Damage);
        }
    }

    // Neither server writes down what the limit of a subject removed: after an unclean end what is over it goes again, but what has room by now is back.
    private static void AssertSame(StoreContents expected, StoreContents actual, StreamSetup setup, bool isStopped)
    {
        if (isStopped || setup.Limits.MaxMessagesPerSubject == 0)
        {
            StoreContents.AssertEqual(expected, actual);
            return;
        }

        Assert.Equal(expected.State.LastSequence, actual.State.LastSequence);
        HashSet<StoreMessage> there = [.. actual.Messages];
        Assert.All(expected.Messages.GroupBy(message => message.Subject), subject => Assert.Contains(subject.Last(), there));
    }

    // After an unclean end it says, as after an unclean end of its own, that its indexes were not written.
    private static bool IsAboutTheEnd(string line) =>
        line.Contains("Stream state outdated", StringComparison.Ordinal) || line.Contains("TTL state is outdated", StringComparison.Ordinal) ||
        line.Contains("Recovering stream state from index errored", StringComparison.Ordinal);

    private static Task EndAsync(ReferenceWork reference, bool isStopped) => isStopped ? reference.StopAsync() : reference.KillAsync();
}
