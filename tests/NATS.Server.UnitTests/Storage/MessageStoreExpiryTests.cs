using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Ages, times to live, markers, schedules and sources: rules that every kind of store keeps, the model too.</summary>
public sealed class MessageStoreExpiryTests
{
    private const long SecondNs = StoreUnderTest.SecondNs;
    private const long StartNs = 1000 * SecondNs;
    private const string Marker = "NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: 5\r\nNats-Rollup: sub\r\n\r\n";

    public static TheoryData<string> Kinds => StoreKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Messages_end_with_their_age(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxAgeNs = 10 * SecondNs });
        test.Add("a", "b", "a");
        test.Store.Expire(StartNs + (10 * SecondNs) - 1);
        Assert.Equal("1 2 3", test.Sequences);
        long next = test.Store.Expire(StartNs + (11 * SecondNs));
        Assert.Equal("3", test.Sequences);
        Assert.InRange(next, StartNs + (11 * SecondNs), StartNs + (13 * SecondNs));
        Assert.Equal([1UL, 2UL], test.Told.Removed.Select(removed => removed.Sequence));
        Assert.Equal(long.MaxValue, test.Store.Expire(StartNs + (60 * SecondNs)));
        Assert.Equal(0UL, test.State.Messages);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_look_at_ages_ends_with_the_first_that_is_young(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxAgeNs = 10 * SecondNs });
        test.Add("a");
        test.NowNs += 5 * SecondNs;
        test.Add("b");
        test.NowNs = StartNs;
        test.Add("c");
        test.Store.Expire(StartNs + (12 * SecondNs));
        Assert.Equal("2 3", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_that_never_ends_outlives_the_age(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxAgeNs = 10 * SecondNs, AllowTtl = true });
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-TTL: never\r\n\r\n", ttl: -1);
        test.Add("b");
        test.Store.Expire(StartNs + (60 * SecondNs));
        Assert.Equal("1", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_ends_with_its_own_time(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { AllowTtl = true });
        test.Add("a");
        test.Append("b", out _, headers: "NATS/1.0\r\nNats-TTL: 5\r\n\r\n", ttl: 5);
        test.Append("b", out _, headers: "NATS/1.0\r\nNats-TTL: 60\r\n\r\n", ttl: 60);
        long next = test.Store.Expire(StartNs + (6 * SecondNs) - 1);
        Assert.Equal("1 2 3", test.Sequences);
        Assert.InRange(next, StartNs, StartNs + (7 * SecondNs));
        test.Store.Expire(StartNs + (6 * SecondNs));
        Assert.Equal("1 3", test.Sequences);
        Assert.Equal(2UL, Assert.Single(test.Told.Removed).Sequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_shorter_of_age_and_own_time_counts(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxAgeNs = 10 * SecondNs, AllowTtl = true });
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-TTL: 60\r\n\r\n", ttl: 60);
        test.Append("b", out _, headers: "NATS/1.0\r\nNats-TTL: 3\r\n\r\n", ttl: 3);
        test.Store.Expire(StartNs + (5 * SecondNs));
        Assert.Equal("1", test.Sequences);
        test.Store.Expire(StartNs + (10 * SecondNs));
        Assert.Equal("", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Times_to_live_count_only_where_they_are_allowed(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-TTL: 5\r\n\r\n", ttl: 5);
        Assert.Equal(long.MaxValue, test.Store.Expire(StartNs + (60 * SecondNs)));
        Assert.Equal("1", test.Sequences);
        test.Store.Update(new StoreLimits { AllowTtl = true }, StartNs + (2 * SecondNs));
        Assert.Equal("1", test.Sequences);
        test.Store.Expire(StartNs + (60 * SecondNs));
        Assert.Equal("", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_shorter_age_holds_at_once(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        test.Store.Update(new StoreLimits { MaxAgeNs = SecondNs }, StartNs + (2 * SecondNs));
        Assert.Equal("3", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_marker_is_due_for_the_last_message_of_a_subject(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxAgeNs = 10 * SecondNs, AllowTtl = true, DeleteMarkerTtlNs = 5 * SecondNs });
        test.Add("a", "b", "a");
        long nowNs = StartNs + (20 * SecondNs);
        test.Store.Expire(nowNs);
        Assert.Equal("2 3", test.Sequences);
        Assert.Equal([(2UL, "b"), (3UL, "a")], test.Told.Markers);

        // Not again within two seconds; then once more, for what is still there.
        test.Told.Clear();
        test.Store.Expire(nowNs + SecondNs);
        Assert.Empty(test.Told.Markers);
        test.NowNs = nowNs + SecondNs;
        test.Append("b", out _, "", Marker, ttl: 5);
        test.Purge("b", keep: 1);
        test.Store.Expire(nowNs + (2 * SecondNs));
        Assert.Equal([(3UL, "a")], test.Told.Markers);

        // The marker itself leaves none.
        test.Told.Clear();
        test.Store.Expire(nowNs + (7 * SecondNs));
        Assert.DoesNotContain(test.Told.Markers, marker => marker.Subject == "b");
        Assert.Equal("3", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_marker_is_due_when_a_time_to_live_ends(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { AllowTtl = true, DeleteMarkerTtlNs = 5 * SecondNs });
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-TTL: 2\r\n\r\n", ttl: 2);
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-TTL: 2\r\n\r\n", ttl: 2);
        test.Store.Expire(StartNs + (10 * SecondNs));
        Assert.Equal((2UL, "a"), Assert.Single(test.Told.Markers));
        Assert.Equal("2", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_no_longer_the_last_goes_without_a_marker(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { AllowTtl = true, DeleteMarkerTtlNs = 5 * SecondNs });
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-TTL: 2\r\n\r\n", ttl: 2);
        test.Store.Expire(StartNs + (10 * SecondNs));
        Assert.Single(test.Told.Markers);
        test.Add("a");
        test.Told.Clear();
        test.Store.Expire(StartNs + (13 * SecondNs));
        Assert.Empty(test.Told.Markers);
        Assert.Equal("2", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_waits_for_its_marker_ends_when_markers_are_turned_off(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { AllowTtl = true, DeleteMarkerTtlNs = 5 * SecondNs });
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-TTL: 2\r\n\r\n", ttl: 2);
        test.Store.Expire(StartNs + (10 * SecondNs));
        Assert.Equal("1", test.Sequences);
        test.Store.Update(new StoreLimits { AllowTtl = true }, StartNs + (10 * SecondNs));
        Assert.Equal("", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Schedules_are_due_until_they_are_stored_anew_or_removed(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { AllowSchedules = true });
        test.Append("s.1", out _, scheduleNs: 50);
        test.Append("s.2", out _, scheduleNs: 60);
        test.Append("s.3", out _, scheduleNs: 90);
        Assert.Equal("s.1 50 1, s.2 60 2", Due(test, 60));
        Assert.Equal("s.1 50 1, s.2 60 2", Due(test, 60));
        Assert.Equal("s.1 50 1", Due(test, 60, 1));
        Assert.Equal("", Due(test, 49));

        test.Append("s.1", out _, scheduleNs: 70);
        Assert.Equal("s.1 70 4, s.2 60 2", Due(test, 70));
        test.Remove(2);
        Assert.Equal("s.1 70 4", Due(test, 70));

        // A message that is no schedule ends that of its subject, unless a schedule has made it.
        test.Append("s.3", out _, headers: "NATS/1.0\r\nNats-Scheduler: s.3\r\n\r\n");
        Assert.Equal("s.1 70 4, s.3 90 3", Due(test, 90));
        test.Append("s.3", out _);
        Assert.Equal("s.1 70 4", Due(test, 90));
        test.Store.UpdateSchedule("s.1"u8, 200);
        test.Store.UpdateSchedule("s.9"u8, 1);
        Assert.Equal("", Due(test, 199));
        Assert.Equal("s.1 200 4", Due(test, 200));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sources_are_tracked_by_the_headers_of_what_they_sent(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { Sources = ["ORDERS > >", "OTHER a.* b.*"] });
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-Stream-Source: ORDERS 17 > > a\r\n\r\n");
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-Stream-Source: UNKNOWN 3 > > a\r\n\r\n");
        Assert.Equal([new StoredSource("ORDERS > >", 17, "")], test.Store.Sources);
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-Stream-Source: OTHER 5 a.* b.* a.x id7\r\n\r\n");
        test.Append("a", out _, headers: "NATS/1.0\r\nNats-Stream-Source: ORDERS 19 > > a\r\n\r\n");
        test.Store.Purge(out _);
        StoredSource[] both = [new("ORDERS > >", 19, ""), new("OTHER a.* b.*", 5, "id7")];
        Assert.Equal(both, test.Store.Sources.OrderBy(source => source.Name, StringComparer.Ordinal));
        Assert.Equal(both, test.Store.ReplicatedState(0, withSources: true).Sources.OrderBy(source => source.Name, StringComparer.Ordinal));
        Assert.Empty(test.Store.ReplicatedState(0, withSources: false).Sources);

        test.Store.Update(new StoreLimits { Sources = ["OTHER a.* b.*"] }, test.NowNs);
        Assert.Equal([both[1]], test.Store.Sources);
        test.Store.ApplySources([new StoredSource("OTHER a.* b.*", 99, "id8")]);
        Assert.Equal([new StoredSource("OTHER a.* b.*", 99, "id8")], test.Store.Sources);
    }

    private static string Due(StoreUnderTest test, long nowNs, int maximum = 100)
    {
        List<StoredSchedule> due = [];
        test.Store.DueSchedules(nowNs, maximum, due);
        return string.Join(", ", due.OrderBy(schedule => StoreUnderTest.Text(schedule.Subject), StringComparer.Ordinal).Select(schedule => $"{StoreUnderTest.Text(schedule.Subject)} {schedule.TimeNs} {schedule.Sequence}"));
    }
}
