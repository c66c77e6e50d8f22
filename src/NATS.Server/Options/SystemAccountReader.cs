using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads which account is the system account before anything else, since what accounts may say depends on it. Pure.</summary>
internal static class SystemAccountReader
{
    private static readonly string[] NoAccountNames = ["no_system_account", "no_system", "no_sys_acc"];

    /// <summary>Options with the system account, or with none.</summary>
    public static ServerOptions Read(ConfigMap configuration, OptionsDiagnostics diagnostics)
    {
        var options = new ServerOptions();
        if ((Find(configuration, "system_account") ?? Find(configuration, "system")) is { } value)
        {
            if (value.Content is string name)
                options = options with { SystemAccount = name };
            else
                diagnostics.Error(value.Position, "system account name must be a string");
        }
        foreach (var (name, setting) in configuration.Where(static pair => NoAccountNames.Contains(pair.Key.ToLowerInvariant(), StringComparer.Ordinal)))
        {
            if (new ConfigEntry(name, setting, diagnostics).TryBoolean(out var hasNone)) options = options with { NoSystemAccount = hasNone };
        }
        return options;
    }

    private static ConfigValue? Find(ConfigMap configuration, string name) =>
        configuration.LastOrDefault(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
