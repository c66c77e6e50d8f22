using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>
/// Decides who may connect, and as whom. Immutable, thread-safe: a reload builds another one and asks it about the connections there are, see
/// <see cref="RecheckAsync"/>.
/// </summary>
/// <remarks>
/// An embedder's own authentication replaces everything. Otherwise a signature of a proxy has to be good, then the first check that applies decides, in the
/// order of the reference: JWTs in operator mode, nkeys, certificates that are users, users, the token, the single user. An authorization service, when there
/// is one, has the last word.
/// </remarks>
internal sealed class Authenticator
{
    private readonly AuthorizationOptions _options;
    private readonly bool _isOperatorMode;
    private readonly bool _alwaysNonce;
    private readonly bool _mapsCertificates;

    // Who has no password, and a certificate instead, cannot log in by name alone.
    private readonly Func<ConfiguredUser, bool> _isKnownByCertificate;
    private readonly UserDirectory _users;
    private readonly ProxyTrust _proxies;
    private readonly CredentialCheck? _custom;
    private readonly CredentialCheck[] _checks;
    private readonly ICallout? _callout;

    /// <summary>Builds the authentication of a configuration.</summary>
    /// <exception cref="ArgumentException">Permissions or keys are invalid; validated options are not.</exception>
    public Authenticator(ServerOptions options, AuthenticatorParts? parts = null)
    {
        parts ??= new AuthenticatorParts();
        _options = options.Authorization;
        _isOperatorMode = options.Operator.IsEnabled;
        _alwaysNonce = options.AlwaysEnableNonce;
        _mapsCertificates = options.Tls is { Map: true };
        _isKnownByCertificate = user => user.Options.Password.Length == 0 && _mapsCertificates && !options.DontListen && user.Allows(ConnectionTypes.Standard);
        _users = new UserDirectory(options);
        _proxies = new ProxyTrust(options.TrustedProxies);
        _custom = parts.Custom;
        _checks = _custom is null ? [.. Checks(parts)] : [];
        _callout = _custom is null ? parts.Callout : null;
    }

    /// <summary>Whether a client has to authenticate at all. A password without a user name asks for nothing, as in the reference.</summary>
    public bool IsRequired => _custom is not null || _checks.Length > 0 || _callout is not null;

    /// <summary>Whether an embedder's own authentication decides.</summary>
    public bool IsCustom => _custom is not null;

    /// <summary>A configured user, by name or public nkey; null when there is none.</summary>
    public ConfiguredUser? FindUser(string identity) => _users.FindName(identity) ?? _users.FindKey(identity);

    /// <summary>Whether there is a user for clients without credentials: INFO announces no <c>auth_required</c> then.</summary>
    public bool HasNoAuthUser => _users.AnonymousName.Length > 0 && !_users.IsAnonymousByDefault;

    /// <summary>Whether INFO carries something to sign.</summary>
    public bool RequiresNonce => _alwaysNonce || _users.HasKeys || _isOperatorMode || _proxies.IsConfigured;

    /// <summary>Whether a startup warning is due: <c>Plaintext passwords detected, use nkeys or bcrypt</c>. Tokens are not looked at, as in the reference.</summary>
    public bool HasPlaintextPasswords =>
        (_options.Password.Length > 0 && !Bcrypt.IsHash(_options.Password)) || _users.HasPlaintextPasswords(_isKnownByCertificate);

    /// <summary>Whether an operation may come before CONNECT from such a connection: it is judged then as a CONNECT that says nothing.</summary>
    public bool MayOmitConnect(in ConnectionFacts facts) =>
        _custom is null && _users.AnonymousName.Length > 0 && _users.FindName(_users.AnonymousName) is { } user && user.Allows(facts.ConnectionType) && !user.Options.ProxyRequired;

    /// <summary>What <see cref="AuthenticateAsync"/> costs, which says where it may run.</summary>
    public CheckCost CostOf(ConnectOptions options, in ConnectionFacts facts)
    {
        if (_custom is not null) return _custom.CostOf(options);
        CheckCost cost = FindCheck(options, facts)?.CostOf(options) ?? CheckCost.None;
        return cost == CheckCost.None && (_callout is not null || _proxies.AppliesTo(options)) ? CheckCost.Signature : cost;
    }

    /// <summary>Judges a CONNECT. Completes at once when it costs nothing.</summary>
    /// <param name="options">What the client said in all its CONNECTs so far; <see cref="ConnectOptions.Default"/> when it has sent none and begins
    /// with another operation.</param>
    /// <param name="facts">What else is known of the connection.</param>
    /// <param name="cancellation">The time to authenticate is over.</param>
    public ValueTask<AuthResult> AuthenticateAsync(ConnectOptions options, in ConnectionFacts facts, CancellationToken cancellation = default) =>
        JudgeAsync(options, facts, earlier: null, cancellation);

    /// <summary>
    /// Judges a connection that an earlier configuration accepted. Its secret is hashed again only if the configured one has changed; this may take long
    /// even so and has to run off the event loop.
    /// </summary>
    /// <remarks>
    /// As in the reference, a connection whose user is no longer configured, or is in another account, is closed without a word, and one whose credentials
    /// became wrong is told of the violation. Unlike there, a connection whose credentials are still good stays, whatever the kind of authentication.
    /// </remarks>
    public async ValueTask<RecheckResult> RecheckAsync(AuthResult earlier, ConnectionFacts facts)
    {
        ConnectOptions options = earlier.Options;
        if (earlier.ProxyKey.Length > 0 && !_proxies.Trusts(earlier.ProxyKey))
        {
            return new RecheckResult(RecheckAction.Violation, AuthResult.Reject(options, "proxy is not trusted") with { ClosedState = ClosedState.ProxyNotTrusted });
        }

        if (earlier.IsDelegated)
        {
            return new RecheckResult(_callout is not null && _callout.Upholds(earlier) ? RecheckAction.Keep : RecheckAction.Close, earlier);
        }

        ConfiguredUser? user = options.Nkey.Length > 0 && _users.HasKeys ? _users.FindKey(options.Nkey) : _users.FindName(options.User);
        bool isGone = user is null || user.AccountName != earlier.AccountName;
        if (earlier.IsConfiguredUser && isGone) return new RecheckResult(RecheckAction.Close, earlier);
        AuthResult result = await JudgeAsync(options, facts, earlier, CancellationToken.None).ConfigureAwait(false);
        if (result.Accepted) return new RecheckResult(RecheckAction.Keep, result);
        return new RecheckResult(options.User.Length > 0 && user is null ? RecheckAction.Close : RecheckAction.Violation, result);
    }

    private ValueTask<AuthResult> JudgeAsync(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation)
    {
        // A user's JWT means something in operator mode only; it is dropped so that nothing shows it.
        if (!_isOperatorMode) options = options with { Jwt = "" };
        if (options.Account.Length > 0 || options.NewAccount) return new(AuthResult.Reject(options, "An account cannot be chosen in CONNECT"));
        if (_custom is not null) return _custom.CheckAsync(options, facts, earlier, cancellation);
        return _callout is null ? JudgeAloneAsync(options, facts, earlier, cancellation) : JudgeWithServiceAsync(options, facts, earlier, cancellation);
    }

    private async ValueTask<AuthResult> JudgeWithServiceAsync(ConnectOptions options, ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation)
    {
        AuthResult verdict = await JudgeAloneAsync(options, facts, earlier, cancellation).ConfigureAwait(false);
        if (!_callout!.Decides(verdict)) return verdict;
        AuthResult result = await _callout.AskAsync(verdict, facts with { ProxyKey = verdict.ProxyKey }).ConfigureAwait(false);
        return result with { ProxyKey = verdict.ProxyKey, Warning = verdict.Warning };
    }

    private ValueTask<AuthResult> JudgeAloneAsync(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation)
    {
        if (!_proxies.AppliesTo(options)) return CheckCredentialsAsync(options, facts, earlier, cancellation);
        string? signer = earlier is { ProxyKey.Length: > 0 } ? earlier.ProxyKey : _proxies.FindSigner(options, facts);
        if (signer is null) return new(AuthResult.Reject(options, "proxy is not trusted") with { ClosedState = ClosedState.ProxyNotTrusted });
        return WithProxyAsync(CheckCredentialsAsync(options, facts with { ProxyKey = signer }, earlier, cancellation), signer);
    }

    private static async ValueTask<AuthResult> WithProxyAsync(ValueTask<AuthResult> result, string signer) =>
        await result.ConfigureAwait(false) with { ProxyKey = signer };

    private ValueTask<AuthResult> CheckCredentialsAsync(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation)
    {
        if (!IsRequired) return new(AuthResult.Accept(options));
        return FindCheck(options, facts) is { } check
            ? check.CheckAsync(options, facts, earlier, cancellation)
            : new(AuthResult.Reject(options, "Credentials are missing"));
    }

    private CredentialCheck? FindCheck(ConnectOptions options, in ConnectionFacts facts)
    {
        foreach (CredentialCheck check in _checks)
        {
            if (check.AppliesTo(options, facts)) return check;
        }

        return null;
    }

    private IEnumerable<CredentialCheck> Checks(AuthenticatorParts parts)
    {
        if (parts.UserTokens is not null) yield return parts.UserTokens;
        if (_users.HasKeys) yield return new NkeyCheck(_users);
        if (_users.HasNames && _mapsCertificates) yield return new CertificateCheck(_users);
        if (_users.HasNames) yield return new UsersCheck(_users, _isKnownByCertificate);
        if (_options.Token.Length > 0) yield return new TokenCheck(new StoredSecret(_options.Token), _options.ProxyRequired);
        else if (_options.Username.Length > 0) yield return new SingleUserCheck(_options.Username, new StoredSecret(_options.Password), _options.ProxyRequired);
    }
}

/// <summary>What an <see cref="Authenticator"/> cannot make of options alone. Immutable.</summary>
internal sealed record AuthenticatorParts
{
    /// <summary>An embedder's own authentication, or null.</summary>
    public CredentialCheck? Custom { get; init; }

    /// <summary>Operator mode: judges every CONNECT by its JWT; null otherwise.</summary>
    public CredentialCheck? UserTokens { get; init; }

    /// <summary>An authorization service that has the last word; null without one.</summary>
    public ICallout? Callout { get; init; }
}
