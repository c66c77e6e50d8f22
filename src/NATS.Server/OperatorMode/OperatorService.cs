using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Jwt;
using NATS.Server.Delivery;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>Operator mode as a whole: trust, resolver, accounts, claims subjects. Made, started, reloaded and stopped by the server; the rest is thread-safe.</summary>
internal sealed partial class OperatorService : IAsyncDisposable
{
    private const long DefaultCacheLimit = 1000;
    private static readonly TimeSpan DefaultFetchTimeout = TimeSpan.FromSeconds(1.9);
    private static readonly TimeSpan DefaultSyncInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BootstrapPeriod = TimeSpan.FromSeconds(1);

    private readonly ResolverOptions _options;
    private readonly IAccountResolver _resolver;
    private readonly AccountRegistry _registry;
    private readonly EngineClock _clock;
    private readonly ILogger _log;
    private ClaimsService? _claims;
    private ITimer? _bootstrap;
    private int _isBootstrapping;
    private long _pinnedFailures;

    /// <summary>Opens the resolver and gives it the accounts of the configuration.</summary>
    /// <exception cref="ResolverException">It cannot be opened, or an account of the configuration cannot be read.</exception>
    public OperatorService(ServerOptions options, AccountRegistry registry, EngineClock clock, ILogger log)
    {
        _options = options.Operator.Resolver ?? new ResolverOptions(ResolverKind.Memory);
        _registry = registry;
        _clock = clock;
        _log = log;
        Trust = new OperatorTrust(options.Operator);
        SystemAccount = options.SystemAccount.Length > 0 ? options.SystemAccount : Trust.SystemAccount;
        _resolver = Open(options.Operator.ResolverTls);
        Accounts = new AccountDirectory(Trust, _resolver, registry, clock, log);
        Preload(options.Operator);
    }

    public OperatorTrust Trust { get; }

    public AccountDirectory Accounts { get; }

    /// <summary>Public key of the system account; empty for the account that every server has.</summary>
    public string SystemAccount { get; }

    /// <summary>Logins refused because their accounts are not among the pinned ones.</summary>
    public long PinnedFailures => Interlocked.Read(ref _pinnedFailures);

    private DirectoryResolver? FromFolder => _resolver as DirectoryResolver;

    private TimeSpan FetchTimeout => _options.FetchTimeout > TimeSpan.Zero ? _options.FetchTimeout : DefaultFetchTimeout;

    /// <summary>The check of logins under a configuration.</summary>
    public UserTokenCheck CreateCheck(ServerOptions options, bool hasCallout) =>
        new(Accounts, options.Operator, SystemAccount, _clock, hasCallout, () => Interlocked.Increment(ref _pinnedFailures));

    /// <summary>Finds the system account and begins to answer the claims subjects.</summary>
    /// <param name="engine">Lends contexts to the server's own messages.</param>
    /// <param name="noSystemAccount">Whether there shall be none unless one is named.</param>
    /// <param name="writeServer">Writes the field that says which server answers.</param>
    /// <exception cref="ResolverException">The system account cannot be found, or the resolver does not answer.</exception>
    public async Task StartAsync(IConnectionEngine engine, bool noSystemAccount, Action<Utf8JsonWriter> writeServer)
    {
        if (_resolver is UrlResolver url) await url.ProbeAsync().ConfigureAwait(false);
        await FindSystemAccountAsync(noSystemAccount).ConfigureAwait(false);
        if (_registry.System is not { } system) return;
        var client = new InternalClient(system, engine);
        var handler = new ClaimsHandler(Accounts, _options.Kind, FromFolder?.Directory, SystemAccount, MayDelete, _log);
        _claims = new ClaimsService(client, handler, _options.Kind, writeServer, _log);
        if (FromFolder is not { } resolver) return;

        resolver.AskOthers = new ClaimsLookup(client, _clock.Time, FetchTimeout).AskAsync;
        resolver.Directory.Changed = OnChanged;
        resolver.Directory.Deleted = Accounts.Disable;
        if (_options.Kind == ResolverKind.Full)
        {
            TimeSpan interval = _options.SyncInterval > TimeSpan.Zero ? _options.SyncInterval : DefaultSyncInterval;
            _claims.StartExchange(_clock.Time, interval, "$SYS._INBOX." + Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
        }

        Log.Managing(_log, _options.Kind == ResolverKind.Full ? "all" : "some", resolver.Directory.Folder);
    }

    /// <summary>Says whom the server trusts, and what is wrong with the accounts of the configuration.</summary>
    public void LogStart(OperatorOptions options)
    {
        if (Trust.Operators.Count > 0) Log.Operators(_log);
        foreach (OperatorClaims claims in Trust.Operators)
        {
            Log.OperatorSystem(_log, claims.Audience);
            Log.OperatorName(_log, claims.Name);
            Log.OperatorIssued(_log, Format(claims.IssuedAt));
            Log.OperatorExpires(_log, claims.Expires == 0 ? "Never" : Format(claims.Expires));
        }

        if (Trust.Operators.Count > 0 && SystemAccount.Length == 0) Log.NoSystemAccount(_log);
        foreach ((string account, string token) in options.Preload)
        {
            if (!JwtToken.TryDecode(token, out AccountClaims? claims, out _)) continue;
            ClaimIssues issues = Accounts.Validator().Validate(claims);
            if (!issues.IsBlocking(withTimes: true)) continue;
            Log.PreloadIssues(_log, account);
            foreach (ClaimIssue issue in issues.All) Log.PreloadIssue(_log, issue.Text);
        }
    }

    /// <summary>Takes over the accounts of a new configuration, and what others wrote into the resolver's folder.</summary>
    public async Task ReloadAsync(OperatorOptions options)
    {
        Preload(options);
        FromFolder?.Directory.Reload();
        if (_resolver is MemoryResolver memory)
        {
            memory.Keep(options.Preload.Keys);
            await Accounts.RefreshAllAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_bootstrap is not null) await _bootstrap.DisposeAsync().ConfigureAwait(false);
        if (_claims is not null) await _claims.DisposeAsync().ConfigureAwait(false);
        Accounts.Dispose();
    }

    private bool MayDelete => _options.Kind == ResolverKind.Cache || _options.AllowDelete || _options.HardDelete;

    private IAccountResolver Open(TlsOptions? tls)
    {
        switch (_options.Kind)
        {
            case ResolverKind.Memory: return new MemoryResolver();
            case ResolverKind.Url: return new UrlResolver(_options.Url, FetchTimeout, tls is null ? null : ResolverTls.CreateOptions(tls));
        }

        bool isCache = _options.Kind == ResolverKind.Cache;
        try
        {
            return new DirectoryResolver(new JwtDirectory(
                new JwtDirectoryOptions(_options.Directory)
                {
                    Limit = _options.Limit > 0 ? _options.Limit : isCache ? DefaultCacheLimit : long.MaxValue,
                    Evicts = isCache,
                    TimeToLive = isCache ? _options.TimeToLive : TimeSpan.Zero,
                    AllowsDelete = MayDelete,
                    IsDeleteHard = isCache || _options.HardDelete,
                },
                _clock.Time,
                _log)
            {
                Trusts = Trust.IsTrusted,
            });
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ResolverException(problem.Message);
        }
    }

    private void Preload(OperatorOptions options)
    {
        if (options.Preload.Count > 0 && _resolver.IsReadOnly) throw new ResolverException("resolver preloads only available for writeable resolver types MEM/DIR/CACHE_DIR");
        foreach ((string account, string token) in options.Preload)
        {
            if (!JwtToken.TryDecode(token, out AccountClaims? _, out string? error)) throw new ResolverException($"preload account error for \"{account}\": {error}");
            _resolver.Store(account, token);
        }
    }

    private async Task FindSystemAccountAsync(bool noSystemAccount)
    {
        if (SystemAccount.Length == 0)
        {
            if (!noSystemAccount) _registry.System = _registry.GetOrAdd(Account.SystemName);
            return;
        }

        try
        {
            _registry.System = (await Accounts.FindAsync(SystemAccount, CancellationToken.None).ConfigureAwait(false)).Account;
        }
        catch (ResolverException problem)
        {
            if (Trust.Operators.Count != 1 || _options.Kind == ResolverKind.Memory) throw new ResolverException("error resolving system account: " + problem.Message);

            // The resolver learns of accounts through the system account: somebody must be let in to tell it.
            Accounts.AddBootstrap(SystemAccount, Trust.Operators[0].Issuer);
            _registry.System = _registry.GetOrAdd(SystemAccount);
            Log.Bootstrapping(_log);
            _bootstrap = _clock.Time.CreateTimer(_ => _ = BootstrapAsync(), null, BootstrapPeriod, BootstrapPeriod);
        }
    }

    private async Task BootstrapAsync()
    {
        if (Interlocked.Exchange(ref _isBootstrapping, 1) != 0) return;
        try
        {
            if (Accounts.TryGet(SystemAccount, out AccountState? state) && state.Token.Length == 0) await Accounts.RefreshAsync(SystemAccount).ConfigureAwait(false);
            Log.Bootstrapped(_log);
            _bootstrap?.Dispose();
        }
        catch (ResolverException)
        {
            // Not yet: the next tick tries again.
        }
        finally
        {
            Volatile.Write(ref _isBootstrapping, 0);
        }
    }

    private void OnChanged(string account)
    {
        if (Accounts.TryGet(account, out _)) _ = FollowAsync(account);
    }

    private async Task FollowAsync(string account)
    {
        try
        {
            if (FromFolder!.Directory.Load(account) is { } token) await Accounts.UpdateAsync(account, token).ConfigureAwait(false);
        }
        catch (ResolverException problem)
        {
            Log.UpdateFailed(_log, account, problem.Message);
        }
        catch (Exception problem)
        {
            Log.UpdateBroken(_log, account, problem);
        }
    }

    private static string Format(long seconds)
    {
        const long maxUnixSeconds = 253_402_300_799;
        return DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, maxUnixSeconds)).ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Trusted Operators")]
        public static partial void Operators(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "  System  : \"{System}\"")]
        public static partial void OperatorSystem(ILogger logger, string system);

        [LoggerMessage(Level = LogLevel.Information, Message = "  Operator: \"{Name}\"")]
        public static partial void OperatorName(ILogger logger, string name);

        [LoggerMessage(Level = LogLevel.Information, Message = "  Issued  : {Time}")]
        public static partial void OperatorIssued(ILogger logger, string time);

        [LoggerMessage(Level = LogLevel.Information, Message = "  Expires : {Time}")]
        public static partial void OperatorExpires(ILogger logger, string time);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Trusted Operators should utilize a System Account")]
        public static partial void NoSystemAccount(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Account [{Account}] has validation issues:")]
        public static partial void PreloadIssues(ILogger logger, string account);

        [LoggerMessage(Level = LogLevel.Warning, Message = "  - {Issue}")]
        public static partial void PreloadIssue(ILogger logger, string issue);

        [LoggerMessage(Level = LogLevel.Information, Message = "Managing {Part} jwt in exclusive directory {Folder}")]
        public static partial void Managing(ILogger logger, string part, string folder);

        [LoggerMessage(Level = LogLevel.Information, Message = "Using bootstrapping system account")]
        public static partial void Bootstrapping(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "System account fetched and updated")]
        public static partial void Bootstrapped(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error, Message = "DirResolver - Update for account \"{Account}\" resulted in error {Problem}")]
        public static partial void UpdateFailed(ILogger logger, string account, string problem);

        [LoggerMessage(Level = LogLevel.Error, Message = "DirResolver - Update for account \"{Account}\" failed")]
        public static partial void UpdateBroken(ILogger logger, string account, Exception problem);
    }
}
