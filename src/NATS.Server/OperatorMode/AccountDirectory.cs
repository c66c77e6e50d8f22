using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>
/// The accounts of operator mode: finds them when somebody asks, links their imports, and lets them follow new tokens. Thread-safe. One lock for changes,
/// held while accounts are linked and applied, never while somebody is asked or clients are told.
/// </summary>
internal sealed partial class AccountDirectory : IDisposable
{
    /// <summary>Look-ups under way; logins for more accounts at the same time are refused.</summary>
    private const int MaxLookups = 1024;

    /// <summary>Accounts that one account may drag in by its imports, and theirs.</summary>
    private const int MaxLinked = 1024;

    private const long MinRefreshMs = 1000;
    private const long SlowFetchMs = 1000;

    private readonly OperatorTrust _trust;
    private readonly IAccountResolver _resolver;
    private readonly AccountRegistry _registry;
    private readonly EngineClock _clock;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly Lock _changes = new();
    private readonly Dictionary<string, Task<AccountState>> _lookups = new(StringComparer.Ordinal);

    // What clients may be bound to: linked and applied.
    private readonly ConcurrentDictionary<string, AccountState> _published = new(StringComparer.Ordinal);

    // Under the lock for changes: what is known, and who imports from whom.
    private readonly Dictionary<string, AccountState> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _importers = new(StringComparer.Ordinal);
    private bool _isDisposed;

    public AccountDirectory(OperatorTrust trust, IAccountResolver resolver, AccountRegistry registry, EngineClock clock, ILogger log)
    {
        _trust = trust;
        _resolver = resolver;
        _registry = registry;
        _clock = clock;
        _log = log;
    }

    /// <summary>Told after an account has got another token: what it was and what it is. Set once at start; called on the thread that brought the token.</summary>
    public Action<AccountState, AccountState>? Updated { get; set; }

    /// <summary>Told when an account is void: its token has expired or was taken away. Set once at start.</summary>
    public Action<AccountState>? Expired { get; set; }

    /// <summary>Accounts that are known, in no particular order.</summary>
    public IEnumerable<AccountState> All => _published.Select(static pair => pair.Value);

    public OperatorTrust Trust => _trust;

    /// <summary>An account that is known already, expired or not.</summary>
    public bool TryGet(string id, [NotNullWhen(true)] out AccountState? state) => _published.TryGetValue(id, out state);

    /// <summary>The account of this id; asks the resolver if it is not known or has expired.</summary>
    /// <param name="id">As a user's token names it.</param>
    /// <param name="cancellation">The caller waits no longer; the look-up goes on for others.</param>
    /// <exception cref="ResolverException">There is none that can be used; the text says why.</exception>
    public ValueTask<AccountState> FindAsync(string id, CancellationToken cancellation) =>
        _published.TryGetValue(id, out AccountState? state) && !state.IsExpired ? new(state) : new(LookUpAsync(id, state, cancellation));

    /// <summary>Gives an account a token that somebody brought. Nothing happens when it is the same as before.</summary>
    /// <exception cref="ResolverException">The token cannot be used.</exception>
    public async Task UpdateAsync(string id, string token)
    {
        if (_published.TryGetValue(id, out AccountState? current) && current.Token == token && current is { IsIncomplete: false, IsExpired: false })
        {
            Log.SameClaims(_log, id);
            return;
        }

        AccountClaims claims = Verify(token);
        if (claims.Subject != id) throw new ResolverException(ValidationFailed);
        await TakeOverAsync(claims, token).ConfigureAwait(false);
    }

    /// <summary>An account's token was deleted: it takes no clients until there is a new one.</summary>
    public void Disable(string id)
    {
        AccountState state;
        lock (_changes)
        {
            if (!_known.TryGetValue(id, out AccountState? known)) return;
            known.Timer?.Dispose();
            AccountOptions closed = known.Declared with { Limits = new AccountLimitsOptions { MaxConnections = 0, MaxSubscriptions = 0, MaxPayload = 0, MaxLeafNodes = 0 } };
            state = known with { IsExpired = true, UpdatedMs = _clock.NowMs, Timer = null, Model = known.Model with { Declared = closed, StreamImports = [], ServiceImports = [] } };
            Publish(state);
        }

        Log.Disabled(_log, id);
        Expired?.Invoke(state);
    }

    /// <summary>The claims of an account; null when there is none that can be used. Completes at once for an account that is in use.</summary>
    public async ValueTask<AccountClaims?> FindClaimsAsync(string id)
    {
        if (_published.TryGetValue(id, out AccountState? state) && !state.IsExpired) return state.Claims;
        try
        {
            return (await FindAsync(id, CancellationToken.None).ConfigureAwait(false)).Claims;
        }
        catch (ResolverException)
        {
            return null;
        }
    }

    /// <summary>
    /// Makes an account although nobody knows its token, so that somebody can log in and bring it: users signed by the account's own key are let in, and the
    /// account has no limits.
    /// </summary>
    public void AddBootstrap(string id, string issuer)
    {
        var claims = new AccountClaims { Subject = id, Issuer = issuer, Limits = AccountLimits.Standard };
        lock (_changes)
        {
            if (_known.ContainsKey(id)) return;
            Register(claims, "");
            AccountState state = _known[id];
            Publish(state with { IsIncomplete = true, Signers = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal) { [id] = null } });
        }
    }

    /// <summary>Looks at the tokens of all accounts again, since a resolver that holds them itself has been given others.</summary>
    public async Task RefreshAllAsync()
    {
        foreach (AccountState state in All)
        {
            try
            {
                await UpdateAsync(state.Id, await FetchAsync(state.Id).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (ResolverException problem)
            {
                Log.Removed(_log, problem.Message, state.Id);
                Disable(state.Id);
            }
        }
    }

    /// <summary>Decodes a token and makes sure that it may be used now.</summary>
    /// <exception cref="ResolverException">It may not.</exception>
    public AccountClaims Verify(string token)
    {
        if (!JwtToken.TryDecode(token, out AccountClaims? claims, out string? error)) throw new ResolverException(error);
        if (!_trust.IsTrusted(claims.Issuer) || Validator().Validate(claims).IsBlocking(withTimes: true)) throw new ResolverException(ValidationFailed);
        return claims;
    }

    /// <summary>Fetches the token of an account and makes the account follow it.</summary>
    /// <exception cref="ResolverException">There is none that can be used.</exception>
    public async Task RefreshAsync(string id) => await UpdateAsync(id, await _resolver.FetchAsync(id, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>A validator for this moment.</summary>
    public ClaimValidator Validator() => new(_clock.UtcNow.ToUnixTimeSeconds(), TimeZones.Find);

    public void Dispose()
    {
        lock (_changes)
        {
            _isDisposed = true;
            foreach (AccountState state in _known.Values) state.Timer?.Dispose();
        }

        _resolver.Dispose();
    }

    private const string ValidationFailed = "account validation failed";
    private const string AccountExpired = "account expired";

    private async Task<AccountState> LookUpAsync(string id, AccountState? expired, CancellationToken cancellation)
    {
        if (!Nkey.IsValid(id, NkeyRole.Account)) throw new ResolverException("will only fetch valid account keys");
        if (expired is { IsIncomplete: false } && _clock.NowMs - expired.UpdatedMs < MinRefreshMs) throw new ResolverException(AccountExpired);
        Task<AccountState>? lookup;
        TaskCompletionSource<AccountState>? own = null;
        lock (_gate)
        {
            if (!_lookups.TryGetValue(id, out lookup))
            {
                if (_lookups.Count >= MaxLookups) throw new ResolverException("too many account look-ups at once");
                own = new TaskCompletionSource<AccountState>(TaskCreationOptions.RunContinuationsAsynchronously);
                _lookups[id] = lookup = own.Task;
            }
        }

        if (own is not null) _ = RunAsync(id, expired is not null, own);
        return await lookup.WaitAsync(cancellation).ConfigureAwait(false);
    }

    private async Task RunAsync(string id, bool isRefresh, TaskCompletionSource<AccountState> result)
    {
        try
        {
            string token = await FetchAsync(id).ConfigureAwait(false);
            AccountClaims claims = Verify(token);
            if (claims.Subject != id) throw new ResolverException(ValidationFailed);
            result.SetResult(await TakeOverAsync(claims, token).ConfigureAwait(false));
        }
        catch (Exception problem)
        {
            result.SetException(isRefresh || problem is not ResolverException ? new ResolverException(isRefresh ? AccountExpired : problem.Message) : problem);

            // Those who wait see it; nobody may.
            _ = result.Task.Exception;
        }
        finally
        {
            lock (_gate) _lookups.Remove(id);
        }
    }

    private async Task<string> FetchAsync(string id)
    {
        long start = _clock.NowMs;
        try
        {
            return await _resolver.FetchAsync(id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ResolverException problem)
        {
            Log.FetchFailed(_log, problem.Message);
            throw;
        }
        finally
        {
            long took = _clock.NowMs - start;
            if (took > SlowFetchMs) Log.SlowFetch(_log, id, took);
        }
    }

    /// <summary>Makes verified claims those of their account, after the accounts it imports from have been looked for.</summary>
    private async Task<AccountState> TakeOverAsync(AccountClaims claims, string token)
    {
        List<(AccountClaims Claims, string Token)> found = [(claims, token)];
        await FindExportersAsync(found).ConfigureAwait(false);
        AccountState? before;
        AccountState state;
        lock (_changes)
        {
            _known.TryGetValue(claims.Subject, out before);
            foreach ((AccountClaims account, string text) in found)
            {
                // Of those that were found on the way somebody else may have brought a newer token meanwhile.
                if (account.Subject == claims.Subject || !_known.ContainsKey(account.Subject)) Register(account, text);
            }

            foreach ((AccountClaims account, _) in found) Publish(Link(_known[account.Subject]));
            RelinkImporters(found.Select(static entry => entry.Claims.Subject));
            state = _known[claims.Subject];
        }

        if (before is not null) Updated?.Invoke(before, state);
        return state;
    }

    /// <summary>Looks for the accounts that others import from, and those from which they do. What cannot be found is left out.</summary>
    private async Task FindExportersAsync(List<(AccountClaims Claims, string Token)> found)
    {
        HashSet<string> seen = new(found.Select(static entry => entry.Claims.Subject), StringComparer.Ordinal);
        for (int i = 0; i < found.Count && found.Count < MaxLinked; i++)
        {
            foreach (ClaimImport import in found[i].Claims.Imports)
            {
                if (!seen.Add(import.Account) || _published.ContainsKey(import.Account) || !Nkey.IsValid(import.Account, NkeyRole.Account)) continue;
                try
                {
                    string token = await FetchAsync(import.Account).ConfigureAwait(false);
                    AccountClaims exporter = Verify(token);
                    if (exporter.Subject == import.Account) found.Add((exporter, token));
                }
                catch (ResolverException problem)
                {
                    Log.ExporterMissing(_log, import.Account, import.Subject, problem.Message);
                }
            }
        }
    }

    // From here on: under the lock for changes.

    private void Register(AccountClaims claims, string token)
    {
        AccountOptions declared = DeclaredAccount.From(claims, out IReadOnlyDictionary<ImportOptions, ClaimImport> imports, text => Log.LeftOut(_log, text));
        var signers = new Dictionary<string, SigningKeyScope?>(claims.SigningKeys, StringComparer.Ordinal);
        if (!_trust.IsStrict(claims.Issuer)) signers[claims.Subject] = null;
        _known.TryGetValue(claims.Subject, out AccountState? before);
        before?.Timer?.Dispose();
        foreach (ClaimImport import in before?.Claims.Imports ?? [])
        {
            if (_importers.TryGetValue(import.Account, out HashSet<string>? importers)) importers.Remove(claims.Subject);
        }

        foreach (ClaimImport import in claims.Imports)
        {
            if (!_importers.TryGetValue(import.Account, out HashSet<string>? importers)) _importers[import.Account] = importers = new HashSet<string>(StringComparer.Ordinal);
            importers.Add(claims.Subject);
        }

        _known[claims.Subject] = new AccountState
        {
            Account = _registry.GetOrAdd(claims.Subject),
            Claims = claims,
            Token = token,
            Declared = declared,
            Imports = imports,
            Model = AccountLinker.LinkAll([declared with { Imports = [] }], _registry.GetOrAdd, static _ => { })[0],
            Signers = signers,

            // The same object for the same permissions: it tells which clients have them.
            DefaultPermissions = before is not null && ClaimComparison.IsSame(before.Claims.DefaultPermissions, claims.DefaultPermissions) ? before.DefaultPermissions : CompileDefaults(declared),
            UpdatedMs = _clock.NowMs,
        };
    }

    private static PermissionSet? CompileDefaults(AccountOptions declared)
    {
        if (declared.DefaultPermissions is not { } permissions) return null;
        try
        {
            return new PermissionSet(permissions);
        }
        catch (ArgumentException)
        {
            // Subjects that cannot be: nobody gets more than nothing by them.
            return new PermissionSet(new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = [] }, Subscribe = new SubjectPermissionOptions { Allow = [] } });
        }
    }

    /// <summary>Resolves the imports of an account, and sees to it that this is done again when an activation ends.</summary>
    private AccountState Link(AccountState state)
    {
        bool isIncomplete = false;
        DateTimeOffset? nextExpiry = state.Claims.Expires > 0 ? DateTimeOffset.FromUnixTimeSeconds(Math.Min(state.Claims.Expires, MaxUnixSeconds)) : null;
        var linker = new AccountLinker(
            id => _known.GetValueOrDefault(id)?.Model,
            _registry.GetOrAdd,
            (exporter, export, importer, import) => IsActivated(state, exporter.Declared.Name, export, import, ref nextExpiry));
        AccountModel model = linker.Link(_registry.Complete(state.Declared), problem =>
        {
            isIncomplete = true;
            Log.ImportLeftOut(_log, state.Id, problem);
        });
        state.Timer?.Dispose();
        string id = state.Id;
        ExpiryTimer? timer = nextExpiry is { } at && !_isDisposed ? new ExpiryTimer(_clock.Time, at, () => OnTimer(id)) : null;
        return state with { Model = model, IsIncomplete = isIncomplete, Timer = timer };
    }

    private void Publish(AccountState state)
    {
        _known[state.Id] = state;
        state.Account.Apply(state.Model);
        _published[state.Id] = state;
    }

    // What accounts export, or who may sign activations for them, has changed.
    private void RelinkImporters(IEnumerable<string> exporters)
    {
        var changed = new HashSet<string>(exporters, StringComparer.Ordinal);
        var affected = new HashSet<string>(StringComparer.Ordinal);
        foreach (string exporter in changed)
        {
            if (_importers.TryGetValue(exporter, out HashSet<string>? importers)) affected.UnionWith(importers);
        }

        affected.ExceptWith(changed);
        foreach (string importer in affected)
        {
            if (_known.TryGetValue(importer, out AccountState? state) && !state.IsExpired) Publish(Link(state));
        }
    }

    private void OnTimer(string id)
    {
        AccountState? expired = null;
        lock (_changes)
        {
            if (_isDisposed || !_known.TryGetValue(id, out AccountState? state) || state.IsExpired) return;
            bool isOver = state.Claims.Expires > 0 && state.Claims.Expires <= _clock.UtcNow.ToUnixTimeSeconds();
            if (isOver)
            {
                // A model of its own: logins that were judged by the one before notice.
                expired = state with { IsExpired = true, Model = state.Model with { } };
                Publish(expired);
            }
            else
            {
                Publish(Link(state));
            }
        }

        if (expired is not null) Expired?.Invoke(expired);
    }

    private const long MaxUnixSeconds = 253_402_300_799;

    /// <summary>Judges the activation that comes with an import of something that needs one.</summary>
    private bool IsActivated(AccountState importer, string exporterId, ExportOptions export, ImportOptions import, ref DateTimeOffset? nextExpiry)
    {
        if (!importer.Imports.TryGetValue(import, out ClaimImport? claim) || claim.Token.Length == 0) return false;
        if (!_known.TryGetValue(exporterId, out AccountState? exporter)) return false;
        if (!JwtToken.TryDecode(claim.Token, out ActivationClaims? activation, out _)) return false;

        // The claims as a whole were validated: the activation is for this importer, from this exporter, and covers the subject. What is left is whether
        // it holds now, and whether the exporter stands behind the signature.
        if (Validator().Validate(activation).IsBlocking(withTimes: true)) return false;
        long now = _clock.UtcNow.ToUnixTimeSeconds();
        if (activation.Expires != 0 && activation.Expires <= now) return false;
        bool isSigned = activation.IssuerAccount.Length == 0 ? activation.Issuer == exporterId : activation.IssuerAccount == exporterId && exporter.Signers.ContainsKey(activation.Issuer);
        if (!isSigned || activation.Subject != importer.Id) return false;
        foreach (ClaimExport offered in exporter.Claims.Exports)
        {
            bool isThis = offered.Subject == export.Subject && (offered.Kind == Core.Jwt.ExportKind.Service) == (export.Kind == Options.ExportKind.Service);
            if (isThis && offered.Revocations.IsRevoked(activation.Subject, activation.IssuedAt)) return false;
        }

        if (activation.Expires != 0)
        {
            DateTimeOffset ends = DateTimeOffset.FromUnixTimeSeconds(Math.Min(activation.Expires, MaxUnixSeconds));
            if (nextExpiry is null || ends < nextExpiry) nextExpiry = ends;
        }

        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Requested account update for [{Account}], same claims detected")]
        public static partial void SameClaims(ILogger logger, string account);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Disable account {Account} due to remove")]
        public static partial void Disabled(ILogger logger, string account);

        [LoggerMessage(Level = LogLevel.Information, Message = "Reloaded: deleting account [{Problem}]: \"{Account}\"")]
        public static partial void Removed(ILogger logger, string problem, string account);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Account fetch failed: {Problem}")]
        public static partial void FetchFailed(ILogger logger, string problem);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Account [{Account}] fetch took {Milliseconds}ms")]
        public static partial void SlowFetch(ILogger logger, string account, long milliseconds);

        [LoggerMessage(Level = LogLevel.Error, Message = "Can't locate account [{Account}] for import of [{Subject}] (err={Problem})")]
        public static partial void ExporterMissing(ILogger logger, string account, string subject, string problem);

        [LoggerMessage(Level = LogLevel.Debug, Message = "{Problem}")]
        public static partial void LeftOut(ILogger logger, string problem);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Account [{Account}]: {Problem}")]
        public static partial void ImportLeftOut(ILogger logger, string account, string problem);
    }
}
