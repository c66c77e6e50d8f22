using NATS.Server.Core.Config;
using NATS.Server.Core.Security;

namespace NATS.Server.Options;

/// <summary>Reads an <c>auth_callout</c> block. Pure.</summary>
internal static class AuthCalloutReader
{
    private const string GlobalAccount = "$G";

    private static readonly BlockReader<Draft> Keys = new(
        static name => $"Unknown field {name} parsing authorization callout",
        new KeyReader<Draft>("issuer", (d, e) => ReadKey(d, e, NkeyRole.Account, "Expected callout user to be a valid public account nkey", (o, v) => o with { Issuer = v })),
        new KeyReader<Draft>("account acc", (d, e) => e.TryText(out var account) ? d with { Options = d.Options with { Account = account } } : d.Broken()),
        new KeyReader<Draft>("auth_users users", (d, e) => ReadNames(d, e, "auth_users", (o, v) => o with { AuthUsers = [.. o.AuthUsers, .. v] })),
        new KeyReader<Draft>("xkey key", (d, e) => ReadKey(d, e, NkeyRole.Curve, "Expected callout xkey to be a valid public xkey", (o, v) => o with { XKey = v })),
        new KeyReader<Draft>("allowed_accounts", (d, e) => ReadNames(d, e, "allowed accounts", (o, v) => o with { AllowedAccounts = [.. o.AllowedAccounts, .. v] })));

    /// <summary>The callout; null after it was said what is wrong with it.</summary>
    public static AuthCalloutOptions? Read(ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"Expected authorization callout to be a map/struct, got {GoFormat.Value(entry.Content)}");
            return null;
        }
        var draft = Keys.Read(map, new Draft(), entry.Diagnostics);
        if (draft.IsBroken) return null;
        var callout = draft.Options;
        var missing = callout.Issuer.Length == 0 ? "an issuer" : callout.AuthUsers.Count == 0 ? "authorized users" : null;
        if (missing is null) return callout.Account.Length > 0 ? callout : callout with { Account = GlobalAccount };
        entry.Diagnostics.Error(map.Count > 0 ? map.Last().Value.Position : entry.Value.Position, $"Authorization callouts require {missing} to be specified");
        return null;
    }

    /// <summary>Reports allowed accounts that are not configured; to be called when everything is read.</summary>
    public static void CheckAccounts(ServerOptions options, OptionsDiagnostics diagnostics)
    {
        if (options.Authorization.Callout is not { } callout) return;
        var accounts = options.Accounts.Select(static account => account.Name).ToHashSet(StringComparer.Ordinal);
        // Mappings of the global account make it a configured one.
        if (options.Mappings.Count > 0) accounts.Add(GlobalAccount);
        foreach (var unknown in callout.AllowedAccounts.Where(name => !accounts.Contains(name)))
            diagnostics.Error($"auth_callout allowed account {GoFormat.Quote(unknown)} not found in configured accounts");
    }

    private static Draft ReadKey(Draft draft, ConfigEntry entry, NkeyRole role, string expectation, Func<AuthCalloutOptions, string, AuthCalloutOptions> set)
    {
        if (!entry.TryText(out var key)) return draft.Broken();
        if (Nkey.IsValid(key, role)) return draft with { Options = set(draft.Options, key) };
        entry.Fail($"{expectation}, got {GoFormat.Quote(key)}");
        return draft.Broken();
    }

    private static Draft ReadNames(Draft draft, ConfigEntry entry, string field, Func<AuthCalloutOptions, List<string>, AuthCalloutOptions> add)
    {
        if (entry.Content is not ConfigArray array)
        {
            // The type that the reference names here is that of its own wrapper, whatever the value is.
            entry.Fail($"Expected {field} field to be an array, got *conf.token");
            return draft.Broken();
        }
        var names = new List<string>();
        foreach (var item in array)
        {
            if (!(entry with { Value = item }).TryText(out var name)) return draft.Broken();
            names.Add(name);
        }
        return draft with { Options = add(draft.Options, names) };
    }

    /// <summary>What the block says so far; nothing more is said of a broken one.</summary>
    private sealed record Draft
    {
        public AuthCalloutOptions Options { get; init; } = new() { Issuer = "" };
        public bool IsBroken { get; init; }

        public Draft Broken() => this with { IsBroken = true };
    }
}
