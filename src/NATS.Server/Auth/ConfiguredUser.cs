using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>A user of the configuration, ready to be compared with. Immutable.</summary>
/// <param name="Options">As configured.</param>
/// <param name="AccountName">The account to bind to.</param>
/// <param name="Secret">The password.</param>
/// <param name="Permissions">Null restricts nothing.</param>
internal sealed record ConfiguredUser(UserOptions Options, string AccountName, StoredSecret Secret, PermissionSet? Permissions)
{
    /// <summary>Whether it may log in over such a connection.</summary>
    public bool Allows(string connectionType) =>
        Options.AllowedConnectionTypes.Count == 0 || Options.AllowedConnectionTypes.Contains(connectionType, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it has to come through a proxy and does not.</summary>
    public bool LacksProxy(in ConnectionFacts facts) => Options.ProxyRequired && facts.ProxyKey.Length == 0;
}
