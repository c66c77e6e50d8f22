using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// Options that can be read but that nothing acts on yet: refused, so that nothing is silently ignored. Removing a line here is part of building its
/// subsystem. Pure.
/// </summary>
internal static class UnbuiltOptions
{
    private const string Proxies = "the trusted proxy subsystem";

    private static readonly (string Key, string Subsystem, Func<ServerOptions, bool> IsSet)[] All =
    [
        ("auth_callout", "the auth callout", static o => o.Authorization.Callout is not null),
        ("proxies", Proxies, static o => o.TrustedProxies.Count > 0),
        ("proxy_required", Proxies, static o => o.Authorization.ProxyRequired || o.AllUsers.Any(static user => user.ProxyRequired)),
    ];

    /// <summary>What is refused of these options; empty when all of them are acted on.</summary>
    public static IEnumerable<string> Refusals(ServerOptions options) =>
        All.Where(option => option.IsSet(options)).Select(static option => $"field {GoFormat.Quote(option.Key)}: {option.Subsystem} is not built yet");
}
