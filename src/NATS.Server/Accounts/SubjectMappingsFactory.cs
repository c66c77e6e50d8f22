using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Accounts;

/// <summary>Makes the mappings of an account from options. Pure.</summary>
internal static class SubjectMappingsFactory
{
    /// <summary>The mappings, or null when there are none, so that publishing needs no lookup.</summary>
    /// <exception cref="ArgumentException">A mapping is invalid; options were not validated.</exception>
    public static SubjectMappings? Create(IReadOnlyList<SubjectMappingOptions> mappings) =>
        mappings.Count == 0 ? null : new SubjectMappings(mappings.Select(Create));

    private static SubjectMapping Create(SubjectMappingOptions options) =>
        SubjectMapping.TryCreate(options.Source, SubjectMappingCheck.Destinations(options), out SubjectMapping? mapping, out string? error)
            ? mapping
            : throw new ArgumentException(error, nameof(options));
}
