using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Pure. A server of a domain also takes requests that name the domain: <c>$JS.&lt;domain&gt;.API.…</c> is what <c>$JS.API.…</c> is, and the same for key-value and object stores.</summary>
/// <remarks>Reference: nats-server jetstream_api.go generateJSMappingTable.</remarks>
public static class DomainMappings
{
    // Sections rather than all of it, so that the last two stay apart from them.
    private static readonly (string Suffix, string Destination)[] Sections =
    [
        ("INFO", "$JS.API.INFO"),
        ("STREAM.>", "$JS.API.STREAM.>"),
        ("CONSUMER.>", "$JS.API.CONSUMER.>"),
        ("DIRECT.>", "$JS.API.DIRECT.>"),
        ("META.>", "$JS.API.META.>"),
        ("SERVER.>", "$JS.API.SERVER.>"),
        ("ACCOUNT.>", "$JS.API.ACCOUNT.>"),
        ("$KV.>", "$KV.>"),
        ("$OBJ.>", "$OBJ.>"),
    ];

    /// <summary>The mappings of a domain; none for an empty one.</summary>
    public static IReadOnlyList<SubjectMapping> Of(string domain)
    {
        List<SubjectMapping> mappings = [];
        if (domain.Length == 0) return mappings;
        foreach ((string suffix, string destination) in Sections)
        {
            if (SubjectMapping.TryCreate($"$JS.{domain}.API.{suffix}", destination, out SubjectMapping? mapping, out _)) mappings.Add(mapping);
        }

        return mappings;
    }
}
