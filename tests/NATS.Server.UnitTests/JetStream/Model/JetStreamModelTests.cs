using System.Globalization;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Testing.JetStream;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Model;

/// <summary>Streams and consumers through random work and crashes keep what they promise.</summary>
/// <remarks>More of it: <c>NATS_JETSTREAM_SEEDS=1000 NATS_JETSTREAM_STEPS=1000</c>, beginning with <c>NATS_JETSTREAM_SEED</c>.</remarks>
public sealed class JetStreamModelTests
{
    [Theory]
    [InlineData(nameof(RetentionPolicy.Limits), true)]
    [InlineData(nameof(RetentionPolicy.WorkQueue), true)]
    [InlineData(nameof(RetentionPolicy.Interest), true)]
    [InlineData(nameof(RetentionPolicy.Limits), false)]
    [InlineData(nameof(RetentionPolicy.WorkQueue), false)]
    [InlineData(nameof(RetentionPolicy.Interest), false)]
    public void Nothing_acknowledged_is_lost_and_nobody_is_stuck(string retention, bool isDurable)
    {
        int seeds = Setting("NATS_JETSTREAM_SEEDS", 20);
        int steps = Setting("NATS_JETSTREAM_STEPS", 200);
        int first = Setting("NATS_JETSTREAM_SEED", 20261122);
        Parallel.For(0, seeds, i => JetStreamRun.Run(first + i, Enum.Parse<RetentionPolicy>(retention), isDurable, steps));
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : fallback;
}
