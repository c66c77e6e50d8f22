using System.Globalization;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>Reads a <c>mappings</c> block: source subject to a destination, or to weighted destinations. Pure.</summary>
internal static class SubjectMappingsReader
{
    private static readonly BlockReader<Destination> DestinationKeys = new(
        static name => $"Unknown field {name} for mapping destination",
        Key.Text<Destination>("destination dest", (d, v) => d with { Subject = v }),
        Key.Text<Destination>("cluster", (d, v) => d with { Cluster = v }),
        new KeyReader<Destination>("weight", ReadWeight));

    /// <summary>Adds the mappings of a block; one of the same source replaces the earlier one.</summary>
    public static IReadOnlyList<SubjectMappingOptions> Read(IReadOnlyList<SubjectMappingOptions> earlier, ConfigEntry block)
    {
        if (!block.TryMap(out var map)) return earlier;
        var mappings = earlier.ToList();
        foreach (var (source, value) in map)
        {
            if (!Subject.IsValid(Encoding.UTF8.GetBytes(source)))
            {
                block.Fail($"Subject {GoFormat.Quote(source)} is not a valid subject");
                continue;
            }
            if (ReadDestinations(source, new ConfigEntry(source, value, block.Diagnostics)) is not { } mapping) continue;
            mappings.RemoveAll(other => other.Source == source);
            mappings.Add(mapping);
        }
        return mappings;
    }

    private static SubjectMappingOptions? ReadDestinations(string source, ConfigEntry entry)
    {
        IReadOnlyList<MappingDestinationOptions> destinations;
        var what = $"Error adding mapping for {GoFormat.Quote(source)}";
        switch (entry.Content)
        {
            case string destination:
                destinations = [new MappingDestinationOptions(destination, 100)];
                what += $" to {GoFormat.Quote(destination)}";
                break;
            case ConfigArray array:
                var read = array.Select(item => ReadDestination(entry with { Value = item })).ToArray();
                if (read.Any(static destination => destination is null)) return null;
                destinations = [.. read.OfType<MappingDestinationOptions>()];
                break;
            default:
                if (ReadDestination(entry) is not { } single) return null;
                destinations = [single];
                break;
        }
        var mapping = new SubjectMappingOptions(source, destinations);
        if (SubjectMappingCheck.Validate(mapping) is not { } error) return mapping;
        entry.Fail($"{what} : {error}");
        return null;
    }

    private static MappingDestinationOptions? ReadDestination(ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail("Expected an entry for the mapping destination");
            return null;
        }
        var errors = entry.Diagnostics.Errors.Count;
        var destination = DestinationKeys.Read(map, new Destination(), entry.Diagnostics);
        if (entry.Diagnostics.Errors.Count > errors) return null;
        if (destination.Weight is { } weight) return new MappingDestinationOptions(destination.Subject, weight, destination.Cluster);
        entry.Fail($"Missing weight for mapping destination {GoFormat.Quote(destination.Subject)}");
        return null;
    }

    private static Destination ReadWeight(Destination destination, ConfigEntry entry)
    {
        long weight;
        switch (entry.Content)
        {
            case long number:
                weight = number;
                break;
            case string text:
                var digits = text.EndsWith('%') ? text[..^1] : text;
                if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out weight))
                {
                    entry.Fail($"Invalid weight {GoFormat.Quote(digits)} for mapping destination");
                    return destination;
                }
                break;
            default:
                entry.Fail($"Unknown entry type for weight of {GoFormat.Value(entry.Content)}");
                return destination;
        }
        if (weight is >= 0 and <= 100) return destination with { Weight = (int)weight };
        entry.Fail($"Invalid weight {weight} for mapping destination");
        return destination;
    }

    private sealed record Destination
    {
        public string Subject { get; init; } = "";
        public int? Weight { get; init; }
        public string Cluster { get; init; } = "";
    }
}
