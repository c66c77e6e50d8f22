using NATS.Server.Monitoring;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class ProcessUsageSamplerTests
{
    [Fact]
    public void Processor_use_is_that_of_the_last_second_in_tenths_of_percent()
    {
        var time = new FakeTimeProvider();
        TimeSpan used = TimeSpan.FromSeconds(100);
        using var sampler = new ProcessUsageSampler(time, () => used, () => 42);
        Assert.Equal(new ProcessUsage(0, 42, Environment.ProcessorCount), sampler.Current);

        used += TimeSpan.FromMilliseconds(1234.56);
        Assert.Equal(0, sampler.Current.CpuPercent);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(123.5, sampler.Current.CpuPercent);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, sampler.Current.CpuPercent);
    }

    [Fact]
    public void The_process_itself_can_be_measured()
    {
        using var sampler = new ProcessUsageSampler(TimeProvider.System);
        Assert.True(sampler.Current.ResidentBytes > 1_000_000);
        Assert.True(sampler.Current.Processors > 0);
    }
}
