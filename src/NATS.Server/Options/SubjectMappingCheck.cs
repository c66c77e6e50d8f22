using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>Judges a subject mapping as a whole. Pure.</summary>
internal static class SubjectMappingCheck
{
    /// <summary>What is wrong with the mapping, in the reference's words; or null.</summary>
    public static string? Validate(SubjectMappingOptions mapping)
    {
        if (!IsValid(mapping.Source)) return "invalid subject";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var weights = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var destination in mapping.Destinations)
        {
            if (!seen.Add(destination.Subject)) return $"duplicate entry for {GoFormat.Quote(destination.Subject)}";
            if (destination.Weight is < 0 or > 100) return "individual weights need to be <= 100";
            var total = weights.GetValueOrDefault(destination.Cluster) + destination.Weight;
            if (total > 100) return "total weight needs to be <= 100";
            weights[destination.Cluster] = total;
            if (!IsValid(destination.Subject)) return "invalid subject";
        }
        return null;
    }

    private static bool IsValid(string subject) => Subject.IsValid(Encoding.UTF8.GetBytes(subject));
}
