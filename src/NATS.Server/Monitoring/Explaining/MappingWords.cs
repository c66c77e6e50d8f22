using NATS.Server.Core.Subjects;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Findings about subject mappings. Pure.</summary>
internal static class MappingWords
{
    /// <summary>One destination.</summary>
    public static Finding Of(SubjectMapping mapping, SubjectShare share)
    {
        string percent = share.Percent < 100 ? $" for {share.Percent} % of the messages" : "";
        string drawn = share.IsDrawn ? ", drawn anew for each message" : "";
        return new Finding
        {
            Kind = "mapping",
            Text = $"the mapping of \"{mapping.Source}\" to \"{share.Destination}\" makes it \"{share.Subject}\"{percent}{drawn}",
            Subject = share.Subject,
            Value = share.Percent,
        };
    }

    /// <summary>What a mapping gives up.</summary>
    public static Finding Dropped(SubjectMapping mapping, int percent) => new()
    {
        Kind = "mapping",
        Text = $"the mapping of \"{mapping.Source}\" gives up {percent} % of the messages: its weights do not add up to 100",
        Value = percent,
        Refusal = "given up by the mapping",
    };
}
