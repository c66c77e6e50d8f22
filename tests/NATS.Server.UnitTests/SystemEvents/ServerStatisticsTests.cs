using NATS.Server.SystemEvents;
using Xunit;

namespace NATS.Server.UnitTests.SystemEvents;

public sealed class ServerStatisticsTests : IDisposable
{
    private readonly SystemWorld _world = new();
    private readonly ServerStatistics _statistics;

    public ServerStatisticsTests() => _statistics = new ServerStatistics(_world.Server, _world.Publisher, _world.Monitor, _world.Stamp);

    public void Dispose()
    {
        _statistics.Dispose();
        _world.Dispose();
    }

    [Fact]
    public void Intervals_grow_from_a_quarter_of_a_second_to_ten_seconds()
    {
        _world.Listen("$SYS.SERVER.*.STATSZ");
        _statistics.Start();
        Assert.Equal([250, 1250, 3250, 7250, 15250, 25250, 35250], Moments(36));
    }

    [Fact]
    public void Whoever_asks_for_all_is_answered_at_once_and_what_comes_soon_after_is_put_off()
    {
        _world.Listen("$SYS.SERVER.*.STATSZ");
        _statistics.Start();
        _world.Time.Advance(TimeSpan.FromMilliseconds(3000));
        int before = _world.Received.Count;
        _statistics.PublishNow();
        _statistics.PublishNow();
        Assert.Equal(before + 2, _world.Received.Count);

        // Due at 3250, which is too soon after 3000.
        _world.Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(before + 2, _world.Received.Count);
        _world.Time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(before + 3, _world.Received.Count);
    }

    [Fact]
    public void Nothing_is_made_while_nobody_listens()
    {
        _statistics.Start();
        _world.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0, _world.Publisher.Queued);
        Assert.Empty(_world.Received);
    }

    [Fact]
    public void What_it_tells_is_stamped_in_order()
    {
        _world.Listen("$SYS.SERVER.*.STATSZ");
        for (int i = 0; i < 5; i++) _statistics.PublishNow();
        string[] servers = [.. _world.Received.Select(static text => SystemWorld.Field(text, "server"))];
        Assert.Equal(5, servers.Length);
        for (int i = 0; i < 5; i++) Assert.Contains($"\"seq\":{i + 1},", servers[i], StringComparison.Ordinal);
    }

    // When something was told, in milliseconds since the start.
    private List<int> Moments(int seconds)
    {
        var moments = new List<int>();
        int seen = 0;
        for (int ms = 50; ms <= seconds * 1000; ms += 50)
        {
            _world.Time.Advance(TimeSpan.FromMilliseconds(50));
            int now = _world.Received.Count;
            if (now != seen) moments.Add(ms);
            seen = now;
        }

        return moments;
    }
}
