using System.Text;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>
/// The subject mappings by which a JetStream has a domain: what is asked of the domain is asked of this server's, and what accounts without JetStream of their own
/// ask is asked of the domain that the configuration names for them. Pure.
/// </summary>
internal static class JetStreamDomains
{
    private const int All = 100;

    // In the domain, and without it. What is kept under keys and objects has subjects of its own, and would otherwise be no part of a domain.
    private static readonly (string InDomain, string Plain)[] Subjects =
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

    /// <summary>An account with the mappings that the server adds to its own.</summary>
    /// <param name="account">As declared.</param>
    /// <param name="options">The server's.</param>
    /// <param name="isSystem">The system account's JetStream is the server's itself.</param>
    public static AccountOptions Complete(AccountOptions account, ServerOptions options, bool isSystem)
    {
        List<SubjectMappingOptions> mappings = [.. account.Mappings];
        if (options.JetStream is { Domain.Length: > 0 } own) AddOwn(mappings, account, own.Domain, isSystem);
        if (account.JetStream is null && options.DefaultJetStreamDomains.TryGetValue(account.Name, out var domain) && domain.Length > 0) AddDefault(mappings, domain);
        return mappings.Count == account.Mappings.Count ? account : account with { Mappings = mappings };
    }

    // What is mapped already stays so.
    private static void AddOwn(List<SubjectMappingOptions> mappings, AccountOptions account, string domain, bool isSystem)
    {
        if (isSystem)
        {
            Replace(mappings, ApiOf(domain, ">"), "$JS.API.>");
            return;
        }

        if (account.JetStream is null && account.Imports.Any(OvershadowsApi)) return;
        foreach (var (inDomain, plain) in Subjects)
        {
            var source = ApiOf(domain, inDomain);
            if (mappings.TrueForAll(mapping => mapping.Source != source)) mappings.Add(Map(source, plain));
        }
    }

    private static void AddDefault(List<SubjectMappingOptions> mappings, string domain)
    {
        foreach (var (inDomain, plain) in Subjects) Replace(mappings, plain, ApiOf(domain, inDomain));
    }

    private static void Replace(List<SubjectMappingOptions> mappings, string source, string destination)
    {
        mappings.RemoveAll(mapping => mapping.Source == source);
        mappings.Add(Map(source, destination));
    }

    // The account has another's JetStream.
    private static bool OvershadowsApi(ImportOptions import) =>
        import.Kind == ExportKind.Service && Subject.IsSubset("$JS.API.INFO"u8, Encoding.UTF8.GetBytes(import.To.Length > 0 ? import.To : import.Subject));

    private static string ApiOf(string domain, string rest) => $"$JS.{domain}.API.{rest}";

    private static SubjectMappingOptions Map(string source, string destination) => new(source, [new MappingDestinationOptions(destination, All)]);
}
