using System.Text;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Catalog;

/// <summary>The power goes, or the process ends, or an operation fails, at every call of the disk while streams and consumers are created and deleted.</summary>
public sealed class CatalogCrashTests
{
    public static TheoryData<string, int> Cuts
    {
        get
        {
            var cuts = new TheoryData<string, int>();
            foreach (string kind in (string[])["plain", "chacha"])
            {
                for (int seed = -1; seed < 8; seed++) cuts.Add(kind, seed);
            }

            return cuts;
        }
    }

    // Seed -1 is the end of the process, the others are power cuts.
    [Theory]
    [MemberData(nameof(Cuts))]
    public void What_was_acknowledged_is_there_or_stays_deleted_wherever_it_is_cut(string kind, int seed)
    {
        var fixture = new CatalogFixture(kind: kind);
        var expected = new Expectation();
        int cuts = 0;
        fixture.Disk.Before = (in DiskOperation operation) =>
        {
            if (!operation.IsChange) return;
            cuts++;
            Check(seed < 0 ? fixture.Disk.Kill() : fixture.Disk.Crash(seed), kind, expected, $"before {operation.Number} {operation.Kind} {operation.Path}");
        };
        Work(fixture, expected);
        fixture.Disk.Before = null;

        Assert.InRange(cuts, 100, 2000);
        Check(seed < 0 ? fixture.Disk.Kill() : fixture.Disk.Crash(seed), kind, expected, "at the end");
    }

    [Fact]
    public void An_operation_that_fails_leaves_what_was_there_and_is_done_by_the_next_attempt()
    {
        var whole = new CatalogFixture();
        Work(whole, new Expectation());
        for (long skip = 0; skip < whole.Disk.Changes; skip++)
        {
            foreach (DiskError error in (DiskError[])[DiskError.Device, DiskError.Full])
            {
                var fixture = new CatalogFixture();
                DiskFault fault = fixture.Disk.Fail(new DiskFault { Skip = skip, Error = error });
                var expected = new Expectation();
                Work(fixture, expected);
                Check(fixture.Disk.Crash(0), "plain", expected, $"operation {skip} failed");
                Check(fixture.Disk.Kill(), "plain", expected, $"operation {skip} failed");
                if (fault.Hits > 0 && fixture.Disk.Operations > 0) Assert.InRange(expected.Failures, 0, 1);
            }
        }
    }

    private static void Work(CatalogFixture fixture, Expectation expected)
    {
        Create("A");
        CreateConsumer("A", "C1");
        CreateConsumer("A", "C2");
        Create("B");
        DeleteConsumer("A", "C1");
        CreateConsumer("B", "C1");
        Delete("A");
        fixture.Catalog.RemoveNext(_ => { });
        Create("A");
        Delete("B");
        CreateConsumer("A", "C3");
        while (fixture.Catalog.RemoveNext(_ => { }))
        {
        }

        void Create(string name) => expected.Do(name, isThere: true, () => fixture.Account.Create(name, CatalogFixture.ConfigurationOf(name), out _));
        void Delete(string name) => expected.Do(name, isThere: false, () => fixture.Account.Delete(name));
        void CreateConsumer(string stream, string name) => expected.Do(
            $"{stream}/{name}", isThere: true, () => fixture.Stream(stream).CreateConsumer(name, CatalogFixture.ConsumerConfigurationOf(name), out _));
        void DeleteConsumer(string stream, string name) => expected.Do($"{stream}/{name}", isThere: false, () => fixture.Stream(stream).DeleteConsumer(name));
    }

    private static void Check(SimulatedDisk disk, string kind, Expectation expected, string when)
    {
        var fixture = new CatalogFixture(disk, kind);
        fixture.Open();
        Assert.True(fixture.Findings.Count == 0, when);
        List<string> there = [];
        foreach (StreamFolder stream in fixture.Account.Streams)
        {
            Assert.True(stream.Failure is null, $"{when}: {stream.Failure}");
            Assert.Equal(CatalogFixture.ConfigurationOf(stream.Name), stream.Configuration);
            Assert.True(stream.Findings.Count == 0, $"{when}: {string.Join(';', stream.Findings)}");
            there.Add(stream.Name);
            foreach (ConsumerFolder consumer in stream.Consumers)
            {
                Assert.True(consumer.Failure is null, $"{when}: {consumer.Failure}");
                Assert.Equal(CatalogFixture.ConsumerConfigurationOf(consumer.Name), consumer.Configuration);
                there.Add($"{stream.Name}/{consumer.Name}");
            }
        }

        string? problem = expected.ProblemOf(there);
        Assert.True(problem is null, $"{when}: {problem}");

        // What is left of it is removed, and then there is nothing but what is served.
        while (fixture.Catalog.RemoveNext(_ => { }))
        {
        }

        Assert.All(disk.Files, file => Assert.DoesNotContain("/.", file, StringComparison.Ordinal));
    }

    /// <summary>What has to be there, and what may be.</summary>
    private sealed class Expectation
    {
        private readonly HashSet<string> _there = new(StringComparer.Ordinal);
        private string? _inFlight;

        public int Failures { get; private set; }

        // After a failure the next attempt has to do it.
        public void Do(string name, bool isThere, Func<CatalogResult> operation)
        {
            _inFlight = name;
            for (int attempt = 0; ; attempt++)
            {
                try
                {
                    Assert.Equal(CatalogResult.Ok, operation());
                    break;
                }
                catch (DiskException) when (attempt == 0)
                {
                    Failures++;
                }
            }

            // With a stream go its consumers.
            if (isThere) _there.Add(name);
            else _there.RemoveWhere(other => other == name || other.StartsWith(name + "/", StringComparison.Ordinal));
            _inFlight = null;
        }

        public string? ProblemOf(IReadOnlyCollection<string> there)
        {
            var text = new StringBuilder();
            foreach (string name in _there.Except(there).Where(name => !IsInFlight(name))) text.Append(name).Append(" is lost ");
            foreach (string name in there.Except(_there).Where(name => !IsInFlight(name))) text.Append(name).Append(" is back ");
            return text.Length == 0 ? null : text.ToString();
        }

        private bool IsInFlight(string name) => _inFlight is not null && (name == _inFlight || name.StartsWith(_inFlight + "/", StringComparison.Ordinal));
    }
}
