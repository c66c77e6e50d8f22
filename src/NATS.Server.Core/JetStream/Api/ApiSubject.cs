using System.Collections.Frozen;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. What a subject of the JetStream API says: which endpoint, and of what.</summary>
/// <param name="Route">The endpoint.</param>
/// <param name="First">The first name behind the verb, usually the stream; empty when there is none.</param>
/// <param name="Second">The second name, usually the consumer; empty when there is none.</param>
/// <param name="Tail">The tokens behind the names: a filter, or the subject of a message; empty when there are none.</param>
public readonly record struct ApiSubject(ApiRoute Route, string First, string Second, string Tail)
{
    /// <summary>What the subjects of all endpoints start with.</summary>
    public const string Prefix = "$JS.API.";

    private const int LongestVerb = 3;

    private static readonly FrozenDictionary<string, Verb> Verbs = ApiRoute.All.GroupBy(static route => VerbOf(route.Pattern), StringComparer.Ordinal)
        .ToFrozenDictionary(static group => group.Key, static group => new Verb([.. group]), StringComparer.Ordinal);

    /// <summary>None when nothing was read.</summary>
    public ApiEndpoint Endpoint => Route?.Endpoint ?? ApiEndpoint.None;

    /// <summary>The stream; empty when the endpoint has none.</summary>
    public string Stream => Endpoint is ApiEndpoint.AccountStreamMove or ApiEndpoint.AccountStreamCancelMove ? Second : First;

    /// <summary>The consumer; empty when the subject names none.</summary>
    public string Consumer => Second;

    /// <summary>The account, where the system account asks about another.</summary>
    public string Account => First;

    /// <summary>Reads a subject.</summary>
    /// <param name="subject">Without the prefix of a domain.</param>
    /// <param name="result">What it says.</param>
    /// <returns>False when it is no subject of an endpoint, also when it has too few or too many tokens for one: nobody answers those.</returns>
    public static bool TryParse(string subject, out ApiSubject result)
    {
        result = default;
        if (!subject.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        string[] tokens = subject[Prefix.Length..].Split('.');
        if (Array.Exists(tokens, static token => token.Length == 0)) return false;
        for (int length = Math.Min(LongestVerb, tokens.Length); length > 0; length--)
        {
            if (!Verbs.TryGetValue(string.Join('.', tokens[..length]), out Verb? verb)) continue;
            string[] names = tokens[length..];
            if (verb.Find(names.Length) is not { } route) continue;
            int named = Verb.NamesOf(route);
            result = new ApiSubject(route, named > 0 ? names[0] : "", named > 1 ? names[1] : "", string.Join('.', names[named..]));
            return true;
        }

        return false;
    }

    private static string VerbOf(string pattern)
    {
        int names = pattern.IndexOf(".*", StringComparison.Ordinal);
        return names < 0 ? pattern : pattern[..names];
    }

    // The routes whose subjects start with the same words.
    private sealed class Verb(ApiRoute[] routes)
    {
        public ApiRoute? Find(int tokens) => Array.Find(routes, route => HasTail(route) ? tokens > NamesOf(route) : tokens == NamesOf(route));

        public static int NamesOf(ApiRoute route) => route.Pattern.Count('*');

        private static bool HasTail(ApiRoute route) => route.Pattern.EndsWith('>');
    }
}
