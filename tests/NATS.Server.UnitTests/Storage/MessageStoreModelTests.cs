using System.Globalization;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>
/// Random steps, done to every kind of store and to a slow model. <c>NATS_STORE_STEPS</c> sets the number of steps of each kind, <c>NATS_STORE_SEED</c> the
/// first seed. The long form, of minutes:
/// <c>NATS_STORE_STEPS=3000000 artifacts/bin/NATS.Server.UnitTests/debug/NATS.Server.UnitTests --filter-class "*MessageStoreModel*"</c>.
/// </summary>
public sealed class MessageStoreModelTests
{
    private const int StepsOfARun = 1000;
    private const int StepsOfAReopeningRun = 400;

    public static TheoryData<string> Kinds => StoreKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Random_steps_do_what_they_do_to_the_model(string kind)
    {
        int steps = Setting("NATS_STORE_STEPS", kind.StartsWith("model", StringComparison.Ordinal) ? 2000 : 100_000);
        int seed = Setting("NATS_STORE_SEED", 20261122);
        Parallel.For(0, Math.Max(1, steps / StepsOfARun), run => StoreRun.Run(() => StoreKinds.Create(kind), seed + run, StepsOfARun));
    }

    [Theory]
    [InlineData("files")]
    [InlineData("files with chacha")]
    [InlineData("files with aes")]
    public void Stores_that_are_opened_again_after_each_step_are_as_they_were(string kind)
    {
        int runs = Math.Max(1, Setting("NATS_STORE_STEPS", 400) / StepsOfAReopeningRun);
        int seed = Setting("NATS_STORE_SEED", 20261123);
        Parallel.For(0, runs, run => StoreRun.Run(() => StoreKinds.Create(kind, canReopen: true), seed + run, StepsOfAReopeningRun, reopensAlways: true));
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : fallback;
}
