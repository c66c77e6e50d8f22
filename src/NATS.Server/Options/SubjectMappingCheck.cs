using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>Judges a subject mapping as a whole. Pure.</summary>
internal static class SubjectMappingCheck
{
    /// <summary>What is wrong with the mapping, in the reference's words; or null.</summary>
    public static string? Validate(SubjectMappingOptions mapping)
    {
        SubjectMapping.TryCreate(mapping.Source, Destinations(mapping), out _, out string? error);
        return error;
    }

    /// <summary>The destinations as the mapping takes them.</summary>
    public static IReadOnlyList<MappingDestination> Destinations(SubjectMappingOptions mapping) =>
        [.. mapping.Destinations.Select(d => new MappingDestination(d.Subject, d.Weight, d.Cluster.Length == 0 ? null : d.Cluster))];
}
