using System.Diagnostics.CodeAnalysis;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;

namespace NATS.Server.Options;

/// <summary>Reads the keys of operator mode. Pure.</summary>
internal static class OperatorReader
{
    /// <summary>The operators: JWTs, or files with them. A single one names resolver and system account, when the file does not.</summary>
    public static ServerOptions ReadOperators(ServerOptions options, ConfigEntry entry)
    {
        var operators = new List<(string Token, OperatorClaims Claims)>();
        foreach (var source in ReadOperatorSources(entry))
        {
            if (!TryReadToken(source, entry.Diagnostics, out var token, out var error) || !JwtToken.TryDecode<OperatorClaims>(token, out var claims, out error))
                entry.Fail($"error parsing operator JWT: {error}");
            else
                operators.Add((token, claims));
        }
        var mode = options.Operator with { Tokens = [.. operators.Select(static known => known.Token)] };
        if (operators is not [var (_, single)]) return options with { Operator = mode };
        if (mode.Resolver is null && UrlText.TrySplit(single.AccountServerUrl.Trim(), out _))
            mode = mode with { Resolver = ResolverReader.OfUrl(single.AccountServerUrl.Trim() + "/accounts") };
        return options with { Operator = mode, SystemAccount = options.SystemAccount.Length == 0 ? single.SystemAccount : options.SystemAccount };
    }

    /// <summary>Account JWTs that the resolver begins with.</summary>
    public static ServerOptions ReadPreload(ServerOptions options, ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail("preload should be a map of account_public_key:account_jwt");
            return options;
        }
        var preload = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (account, value) in map)
        {
            if (value.Content is not string token)
                entry.Diagnostics.Error(value.Position, "preload map value should be a string JWT");
            else if (!JwtToken.TryDecode<AccountClaims>(token, out _, out _))
                entry.Diagnostics.Error(value.Position, "invalid account JWT");
            else
                preload[account] = token;
        }
        return options with { Operator = options.Operator with { Preload = preload } };
    }

    /// <summary>Public keys of operators whose signatures are trusted.</summary>
    public static ServerOptions ReadTrustedKeys(ServerOptions options, ConfigEntry entry)
    {
        var keys = ReadNames(entry, "trusted", out var position);
        foreach (var key in keys.Where(static key => !Nkey.IsValid(key, NkeyRole.Operator)))
            entry.Diagnostics.Error(position, $"trust key {GoFormat.Quote(key)} required to be a valid public operator nkey");
        return options with { Operator = options.Operator with { TrustedKeys = keys } };
    }

    /// <summary>The only accounts whose users may connect.</summary>
    public static ServerOptions ReadPinnedAccounts(ServerOptions options, ConfigEntry entry) =>
        options with { Operator = options.Operator with { PinnedAccounts = [.. ReadNames(entry, "resolver_pinned_accounts", out _).Distinct(StringComparer.Ordinal)] } };

    private static List<string> ReadOperatorSources(ConfigEntry entry)
    {
        var sources = new List<string>();
        switch (entry.Content)
        {
            case string source:
                sources.Add(source);
                break;
            case ConfigArray array:
                sources.AddRange(array.Select(static item => item.Content).TakeWhile(static content => content is string).Cast<string>());
                // The type that the reference names here is that of its own wrapper, whatever the value is.
                if (sources.Count < array.Count) entry.Fail("error parsing operators: unsupported type *conf.token where string is expected");
                break;
            default:
                entry.Fail($"error parsing operators: unsupported type {entry.TypeName}");
                break;
        }
        return sources;
    }

    // A file; or, when there is none of that name, the text itself if it can be a token.
    private static bool TryReadToken(string source, OptionsDiagnostics files, out string token, [NotNullWhen(false)] out string? error)
    {
        var file = files.ReadFile(source);
        var isInline = file.Error is not null && source.StartsWith(JwtToken.Prefix, StringComparison.Ordinal);
        token = isInline ? source : DecoratedText.ExtractToken(Encoding.UTF8.GetString(file.Data.Span));
        error = isInline ? null : file.Error;
        return error is null;
    }

    // A name or an array of names, and where they were read last.
    private static List<string> ReadNames(ConfigEntry entry, string field, out ConfigPosition position)
    {
        var names = new List<string>();
        position = entry.Value.Position;
        switch (entry.Content)
        {
            case string name:
                names.Add(name);
                break;
            case ConfigArray array:
                foreach (var item in array)
                {
                    position = item.Position;
                    if (item.Content is string name)
                        names.Add(name);
                    else
                        entry.Diagnostics.Error(position, $"error parsing {field}: unsupported type in array {ConfigValue.TypeName(item.Content)}");
                }
                break;
            default:
                entry.Fail($"error parsing {field}: unsupported type {entry.TypeName}");
                break;
        }
        return names;
    }
}
