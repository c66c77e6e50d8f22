using System.Collections.Concurrent;
using NATS.Server.Core.Storage;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

/// <summary>Single damages to a store of 200 records: a sample always, all of them by command (<c>--explicit on</c>).</summary>
public sealed class DamageTests
{
    private const int Records = 200;

    public static TheoryData<bool, StoreCipher?> Stores => new()
    {
        { true, null },
        { false, null },
        { true, StoreCipher.ChaCha },
        { false, StoreCipher.Aes },
    };

    [Theory]
    [MemberData(nameof(Stores))]
    public void A_sample_of_all_damages_costs_at_most_a_record(bool isClean, StoreCipher? cipher)
    {
        var store = new DamagedStore(Records, isClean, cipher);
        var random = new Random(isClean ? 1 : 2);
        List<DamageCase> cases = [];
        foreach (IGrouping<(string, DamageKind), DamageCase> kind in store.AllCases().GroupBy(damage => (damage.File, damage.Kind)))
        {
            DamageCase[] all = [.. kind];
            random.Shuffle(all);
            cases.AddRange(all.Take(60));
        }

        Check(store, cases);
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Stores))]
    public void Every_single_damage_costs_at_most_a_record(bool isClean, StoreCipher? cipher)
    {
        var store = new DamagedStore(Records, isClean, cipher);
        Check(store, [.. store.AllCases()]);
    }

    private static void Check(DamagedStore store, IReadOnlyCollection<DamageCase> cases)
    {
        var problems = new ConcurrentBag<string>();
        Parallel.ForEach(cases, damage =>
        {
            string? problem;
            try
            {
                problem = store.Check(damage);
            }
#pragma warning disable CA1031 // whatever is thrown is the failure
            catch (Exception thrown)
#pragma warning restore CA1031
            {
                problem = thrown.ToString();
            }

            if (problem is not null) problems.Add($"{damage.File} {damage.Kind} {damage.At}: {problem}");
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases.Count} damages, {problems.Count} problems");
        Assert.True(problems.IsEmpty, $"{problems.Count} of {cases.Count}: {string.Join(Environment.NewLine, problems.Order(StringComparer.Ordinal).Take(25))}");
    }
}
