using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>
/// Decides who may connect, and as whom. Immutable, thread-safe: a reload builds another one and asks it about the connections there are, see
/// <see cref="Recheck"/>.
/// </summary>
/// <remarks>
/// A CONNECT is judged by the first check that applies to it, in the order of the reference: an embedder's own authentication, configured users,
/// the token, the single user.
/// </remarks>
internal sealed class Authenticator
{
    private readonly AuthorizationOptions _options;
    private readonly string _noAuthUser;
    private readonly UsersCheck? _users;
    private readonly CredentialCheck[] _checks;

    /// <summary>Builds the authentication of a configuration.</summary>
    /// <param name="options">Their <see cref="ServerOptions.Authorization"/> and <see cref="ServerOptions.NoAuthUser"/> are used.</param>
    /// <param name="custom">An embedder's own authentication, or null.</param>
    /// <exception cref="ArgumentException">Permissions are invalid; validated options are not.</exception>
    public Authenticator(ServerOptions options, AuthenticationDelegate? custom = null)
    {
        _options = options.Authorization;
        _noAuthUser = options.NoAuthUser;
        if (custom is not null)
        {
            _checks = [new DelegateCheck(custom)];
            return;
        }

        var checks = new List<CredentialCheck>();
        if (_options.Users.Count > 0) checks.Add(_users = new UsersCheck(_options.Users, _options.DefaultPermissions));
        if (_options.Token.Length > 0) checks.Add(new TokenCheck(new StoredSecret(_options.Token)));
        else if (_options.Username.Length > 0) checks.Add(new SingleUserCheck(_options.Username, new StoredSecret(_options.Password)));
        _checks = [.. checks];
    }

    /// <summary>
    /// Whether a client has to authenticate at all. A password without a user name asks for nothing, as in the reference.
    /// </summary>
    public bool IsRequired => _checks.Length > 0;

    /// <summary>Whether there is a user for clients without credentials: INFO announces no <c>auth_required</c> then, and CONNECT may be left out.</summary>
    public bool HasNoAuthUser => _noAuthUser.Length > 0;

    /// <summary>Whether a startup warning is due: <c>Plaintext passwords detected, use nkeys or bcrypt</c>. Tokens are not looked at, as in the reference.</summary>
    public bool HasPlaintextPasswords =>
        (_options.Password.Length > 0 && !Bcrypt.IsHash(_options.Password)) || _options.Users.Any(user => !Bcrypt.IsHash(user.Password));

    /// <summary>Whether <c>Authenticate</c> may take long (hash a password, ask an embedder) and has to run off the event loop.</summary>
    public bool RequiresSlowCheck(ConnectOptions options) => !HasNoCredentials(options) && FindCheck(options) is { IsSlow: true };

    /// <summary>Judges a CONNECT.</summary>
    /// <param name="options">What the client said in all its CONNECTs so far; <see cref="ConnectOptions.Default"/> when it has sent none and begins
    /// with another operation.</param>
    /// <param name="facts">What else is known of the connection.</param>
    public AuthResult Authenticate(ConnectOptions options, in ConnectionFacts facts) => Authenticate(options, facts, verified: null);

    /// <summary>
    /// Judges a connection that an earlier configuration accepted. Its secret is hashed again only if the configured one has changed; this may take long
    /// even so and has to run off the event loop.
    /// </summary>
    /// <remarks>
    /// As in the reference, a connection whose user is no longer configured is closed without a word, and one whose credentials became wrong is told of
    /// the violation. Unlike there, a connection whose credentials are still good stays, whatever the kind of authentication.
    /// </remarks>
    public RecheckResult Recheck(AuthResult earlier, in ConnectionFacts facts)
    {
        ConnectOptions options = earlier.Options;
        bool isConfigured = _users?.Find(options.User) is not null;
        if (earlier.IsConfiguredUser && !isConfigured) return new RecheckResult(RecheckAction.Close, earlier);
        AuthResult result = Authenticate(options, facts, earlier.Verified);
        if (result.Accepted) return new RecheckResult(RecheckAction.Keep, result);
        return new RecheckResult(options.User.Length > 0 && !isConfigured ? RecheckAction.Close : RecheckAction.Violation, result);
    }

    private AuthResult Authenticate(ConnectOptions options, in ConnectionFacts facts, StoredSecret? verified)
    {
        // A user's JWT means something in operator mode only; it is dropped so that nothing shows it.
        AuthResult result = CheckCredentials(options with { Jwt = "" }, facts, verified);
        bool wantsAccount = options.Account.Length > 0 || options.NewAccount;
        return result.Accepted && wantsAccount ? AuthResult.Reject(result.Options, "An account cannot be chosen in CONNECT") : result;
    }

    private AuthResult CheckCredentials(ConnectOptions options, in ConnectionFacts facts, StoredSecret? verified)
    {
        if (!IsRequired) return AuthResult.Accept(options);
        if (HasNoCredentials(options)) return _users!.CheckNoAuthUser(_noAuthUser, options, facts);
        return FindCheck(options)?.Check(options, facts, verified) ?? AuthResult.Reject(options, "Credentials are missing");
    }

    private CredentialCheck? FindCheck(ConnectOptions options) => Array.Find(_checks, check => check.AppliesTo(options));

    private bool HasNoCredentials(ConnectOptions options) =>
        HasNoAuthUser && _users is not null && options.User.Length + options.Password.Length + options.AuthToken.Length == 0;
}
