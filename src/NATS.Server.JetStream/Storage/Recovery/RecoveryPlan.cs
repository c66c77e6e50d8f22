using System.Globalization;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Immutable. What is to be done with the files of <c>msgs</c> before a store can be opened: which are blocks, which are left over from work that was cut short.</summary>
internal sealed record RecoveryPlan
{
    private const string Block = ".blk";
    private const string Key = ".key";
    private const string Twin = StoreFileNames.TwinEnding;
    private const string Guard = ".guard";

    // More records are in no block.
    private const long MostRecords = MessageBlock.LongestBlock / MessageRecord.EmptyLength;
    private const int BytesOfGuard = GuardEntry.Length;

    // From servers up to 2.9, which kept an index for each block; and what a rewrite leaves that did not come to its end.
    private static readonly string[] Leftover = [".idx", ".fss", ".new", ".tmp"];

    /// <summary>In the order of their numbers.</summary>
    public required IReadOnlyList<RecoveryBlock> Blocks { get; init; }

    /// <summary>Names of files that nothing will ever need.</summary>
    public required IReadOnlyList<string> Leftovers { get; init; }

    /// <summary>The highest number of which anything is there, be it a key without a block. The next block gets a higher one. 0: nothing is there.</summary>
    public required uint HighestNumber { get; init; }

    /// <summary>How many records there were in blocks that are gone and come after all that are there, as their guards tell. Each may have used up a sequence.</summary>
    public required long RecordsBeyond { get; init; }

    /// <summary>Makes the plan.</summary>
    /// <param name="entries">What is in <c>msgs</c>, in any order.</param>
    public static RecoveryPlan Of(IReadOnlyList<DiskEntry> entries)
    {
        var lengths = new SortedDictionary<uint, long>();
        var keys = new Dictionary<uint, long>();
        var twins = new HashSet<uint>();
        var guards = new Dictionary<uint, long>();
        List<string> leftovers = [];
        foreach (DiskEntry entry in entries)
        {
            if (entry.IsDirectory) continue;
            if (TryNumber(entry.Name, Block, out uint number)) lengths[number] = entry.Length;
            else if (TryNumber(entry.Name, Key, out number)) keys[number] = entry.Length;
            else if (TryNumber(entry.Name, Twin, out number)) twins.Add(number);
            else if (TryNumber(entry.Name, Guard, out number)) guards[number] = Math.Min(entry.Length / BytesOfGuard, MostRecords);
            else if (Array.Exists(Leftover, ending => entry.Name.EndsWith(ending, StringComparison.Ordinal))) leftovers.Add(entry.Name);
        }

        uint highest = Math.Max(lengths.Count > 0 ? lengths.Keys.Max() : 0, keys.Keys.Concat(twins).Concat(guards.Keys).DefaultIfEmpty().Max());
        leftovers.AddRange(keys.Keys.Where(number => !lengths.ContainsKey(number)).Order().Select(number => NameOf(number, Key)));
        leftovers.AddRange(twins.Where(number => !lengths.ContainsKey(number)).Order().Select(number => NameOf(number, Twin)));
        leftovers.AddRange(guards.Keys.Where(number => !lengths.ContainsKey(number)).Order().Select(number => NameOf(number, Guard)));
        return new RecoveryPlan
        {
            Blocks = [.. lengths.Select(block => new RecoveryBlock(block.Key, block.Value, keys.GetValueOrDefault(block.Key), guards.GetValueOrDefault(block.Key)))],
            Leftovers = leftovers,
            HighestNumber = highest,
            RecordsBeyond = guards.Where(guard => lengths.Count == 0 || guard.Key > lengths.Keys.Last()).Sum(guard => guard.Value),
        };
    }

    /// <summary>The number of a block file, key or guard by its name. Only names as they are written count: without leading zeros or signs.</summary>
    public static bool TryNumber(string name, string ending, out uint number)
    {
        number = 0;
        return name.EndsWith(ending, StringComparison.Ordinal) &&
            uint.TryParse(name.AsSpan(0, name.Length - ending.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number) &&
            number > 0 && name[0] != '0';
    }

    private static string NameOf(uint number, string ending) => string.Create(CultureInfo.InvariantCulture, $"{number}{ending}");
}
