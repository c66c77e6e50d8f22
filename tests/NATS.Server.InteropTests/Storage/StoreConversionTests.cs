using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Stores whose key, cipher or compression changes from one start to the next: converted by one server, opened by the other.</summary>
public sealed class StoreConversionTests
{
    private const int Steps = 25;

    public static TheoryData<string, string> Conversions => new()
    {
        { "plain", "chacha" },
        { "plain", "aes compressed" },
        { "plain compressed", "chacha" },
        { "chacha", "aes" },
        { "aes compressed", "chacha compressed" },
        { "chacha", "chacha with another key" },
        { "aes", "chacha with another key" },
        { "compressed", "plain" },
        { "plain", "compressed" },
        { "chacha compressed", "chacha" },
        { "aes", "aes compressed" },
    };

    [Theory]
    [MemberData(nameof(Conversions))]
    public async Task What_the_reference_wrote_is_converted_here_and_opens_there(string fromName, string toName)
    {
        (StoreVariant from, StoreVariant to, StreamSetup setup) = (VariantOf(fromName), VariantOf(toName), StreamSetup.Of("several blocks"));
        using var folder = new TemporaryFolder();
        StoreContents expected;
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, from))
        {
            await reference.Script.RequestAsync("$JS.API.STREAM.CREATE.S", setup.CreateRequest(from));
            await StreamWork.RunAsync(reference, setup, new Random(3), Steps);
            expected = await reference.ReadAsync();
            await UpdateAsync(reference, setup, to);
            await reference.StopAsync();
        }

        using (var ours = new OurWork(folder, to, setup, previous: from.Cipher is null ? null : from))
        {
            StoreContents.AssertEqual(expected, StoreContents.Of(ours.Store));
            Assert.Null(ours.Store.Lost);
            ours.ConvertMetadata();
            await StreamWork.RunAsync(ours, setup, new Random(4), Steps);
            expected = StoreContents.Of(ours.Store);
            ours.Stop();
        }

        // The old key is not configured any more.
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, to))
        {
            StoreContents.AssertEqual(expected, await reference.ReadAsync());
            Assert.Empty(reference.Warnings);
            await StreamWork.RunAsync(reference, setup, new Random(5), Steps);
            expected = await reference.ReadAsync();
            await reference.StopAsync();
        }

        using var again = new OurWork(folder, to, setup);
        StoreContents.AssertEqual(expected, StoreContents.Of(again.Store));
        Assert.Empty(again.Damage);
    }

    [Theory]
    [MemberData(nameof(Conversions))]
    public async Task What_was_written_here_is_converted_there_and_opens_here(string fromName, string toName)
    {
        (StoreVariant from, StoreVariant to, StreamSetup setup) = (VariantOf(fromName), VariantOf(toName), StreamSetup.Of("several blocks"));
        using var folder = new TemporaryFolder();
        StoreContents expected;
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, from))
        {
            await reference.Script.RequestAsync("$JS.API.STREAM.CREATE.S", setup.CreateRequest(from));
            await reference.StopAsync();
        }

        using (var ours = new OurWork(folder, from, setup))
        {
            await StreamWork.RunAsync(ours, setup, new Random(6), Steps);
            expected = StoreContents.Of(ours.Store);
            ours.Stop();
        }

        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, to, previous: from.Cipher is null ? null : from))
        {
            StoreContents.AssertEqual(expected, await reference.ReadAsync());
            await UpdateAsync(reference, setup, to);
            await StreamWork.RunAsync(reference, setup, new Random(7), Steps);
            expected = await reference.ReadAsync();
            await reference.StopAsync();
        }

        using var again = new OurWork(folder, to, setup, previous: from.Cipher is null ? null : from);
        StoreContents.AssertEqual(expected, StoreContents.Of(again.Store));
        Assert.Null(again.Store.Lost);
        again.Stop();
    }

    // Compression is part of the stream's configuration.
    private static Task UpdateAsync(ReferenceWork reference, StreamSetup setup, StoreVariant variant) =>
        reference.Script.RequestAsync("$JS.API.STREAM.UPDATE.S", setup.CreateRequest(variant));

    private static StoreVariant VariantOf(string name) => name switch
    {
        "plain compressed" => StoreVariant.Of("compressed"),
        "chacha with another key" => StoreVariant.Of("chacha") with { Name = name, ServerKey = "another secret" },
        _ => StoreVariant.Of(name),
    };
}
