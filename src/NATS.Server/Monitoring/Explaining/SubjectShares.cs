using System.Buffers;
using System.Text;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What the mappings of an account make of a subject. Immutable, made by a pure function but for what a mapping leaves to chance.</summary>
/// <param name="Mapping">The mapping that applies; null: none does.</param>
/// <param name="Shares">Where messages go, with their percentage; without a mapping the subject itself with 100.</param>
/// <param name="Dropped">Percent of the messages that the mapping gives up.</param>
internal sealed record SubjectShares(SubjectMapping? Mapping, IReadOnlyList<SubjectShare> Shares, int Dropped)
{
    /// <summary>Applies mappings as a server does that is in no cluster.</summary>
    /// <param name="mappings">Of the account; null for none.</param>
    /// <param name="subject">Literal.</param>
    public static SubjectShares Of(SubjectMappings? mappings, string subject)
    {
        if (mappings?.Find(Encoding.UTF8.GetBytes(subject)) is not { } mapping) return new SubjectShares(null, [new SubjectShare(subject, "", 100, IsDrawn: false)], 0);
        List<SubjectShare> shares = [];
        int left = 100;
        foreach (MappingDestination destination in mapping.Destinations)
        {
            if (destination.Cluster is not null || destination.Weight == 0) continue;
            left -= destination.Weight;
            if (!SubjectTransform.TryCreate(mapping.Source, destination.Subject, isStrict: false, out SubjectTransform? transform, out _) || transform is null) continue;
            shares.Add(new SubjectShare(Transform(transform, subject), destination.Subject, destination.Weight, IsDrawn: !transform.IsFixed));
        }

        return new SubjectShares(mapping, shares, left);
    }

    // A mapping does not ask whether the subject is a good one.
    private static string Transform(SubjectTransform transform, string subject)
    {
        var output = new ArrayBufferWriter<byte>(subject.Length + 1);
        transform.Transform(Encoding.UTF8.GetBytes(subject), output, Random.Shared);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}

/// <summary>One destination of a mapping. Immutable.</summary>
/// <param name="Subject">What the subject becomes.</param>
/// <param name="Destination">As it is configured; empty without a mapping.</param>
/// <param name="Percent">Of the messages.</param>
/// <param name="IsDrawn">Another message may become another subject, by <c>random()</c>.</param>
internal sealed record SubjectShare(string Subject, string Destination, int Percent, bool IsDrawn);
