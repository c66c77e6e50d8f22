using System.Diagnostics.CodeAnalysis;
using System.Text;
using NATS.Server.Core.Subjects;
using NATS.Server.Host.Flags;

namespace NATS.Server.Host.Explain;

/// <summary>The flags and environment variables that say how to connect, which are those of the nats tool. Single-threaded.</summary>
internal sealed class ConnectFlags
{
    private const string DefaultServer = "nats://127.0.0.1:4222";
    private const string DefaultInboxPrefix = "_INBOX";
    private const int MaximumInboxPrefix = 256;
    private const int MaximumServers = 100;

    private readonly TextFlag _server;
    private readonly TextFlag _user;
    private readonly TextFlag _password;
    private readonly TextFlag _token;
    private readonly TextFlag _credentials;
    private readonly TextFlag _nkey;
    private readonly TextFlag _certificate;
    private readonly TextFlag _key;
    private readonly TextFlag _authority;
    private readonly BooleanFlag _tlsFirst;
    private readonly TextFlag _inboxPrefix;

    public ConnectFlags(FlagSet flags)
    {
        _server = flags.Text("s", "server");
        _user = flags.Text("user");
        _password = flags.Text("password");
        _token = flags.Text("token");
        _credentials = flags.Text("creds");
        _nkey = flags.Text("nkey");
        _certificate = flags.Text("tlscert");
        _key = flags.Text("tlskey");
        _authority = flags.Text("tlsca");
        _tlsFirst = flags.Boolean("tlsfirst");
        _inboxPrefix = flags.Text("inbox-prefix");
    }

    /// <summary>What they say, once the command line has been read.</summary>
    /// <param name="environment">Variables of the process; null or empty for none.</param>
    /// <param name="settings">Flags win over what the URL says, and that over the environment.</param>
    /// <param name="problem">What contradicts itself.</param>
    public bool TryRead(Func<string, string?> environment, [NotNullWhen(true)] out ConnectSettings? settings, [NotNullWhen(false)] out string? problem)
    {
        settings = null;
        LoginSource said = OfFlags(environment);
        LoginSource around = OfEnvironment(environment);
        string? certificate = OrNull(Value(_certificate, environment, "NATS_CERT"));
        string? key = OrNull(Value(_key, environment, "NATS_KEY"));
        string prefix = _inboxPrefix.IsGiven ? _inboxPrefix.Value : DefaultInboxPrefix;
        if (said.Ways > 1) problem = "one way to log in: --user, --token, --creds or --nkey";
        else if (_password.IsGiven && said.User.Length == 0) problem = "--password goes with --user";
        else if (certificate is null != key is null) problem = "--tlscert and --tlskey go together";
        else if (prefix.Length > MaximumInboxPrefix || !Subject.IsValidPublish(Encoding.UTF8.GetBytes(prefix))) problem = "--inbox-prefix takes a subject without wildcards";
        else problem = null;
        if (problem is not null || !TryReadServers(environment, out List<(ServerAddress Address, LoginSource Login)> servers, out problem)) return false;
        settings = new ConnectSettings
        {
            Targets = [.. servers.Select(server => new AskedServer(server.Address, said.Ways > 0 ? said : server.Login.Ways > 0 ? server.Login : around))],
            CertificateFile = certificate,
            KeyFile = key,
            AuthorityFile = OrNull(Value(_authority, environment, "NATS_CA")),
            IsTlsFirst = _tlsFirst.Value,
            InboxPrefix = prefix,
        };
        return true;
    }

    private static string Value(TextFlag flag, Func<string, string?> environment, string variable) => flag.IsGiven ? flag.Value : environment(variable) ?? "";

    private static string? OrNull(string text) => text.Length > 0 ? text : null;

    private static LoginSource UserOrToken(string user, string password) =>
        password.Length > 0 ? new LoginSource { User = user, Password = password } : new LoginSource { Token = user };

    private LoginSource OfFlags(Func<string, string?> environment)
    {
        var login = new LoginSource { CredentialsFile = _credentials.Value, NkeyFile = _nkey.Value };
        bool hasOther = login.Ways > 0 || _token.Value.Length > 0;
        string user = _user.IsGiven ? _user.Value : _password.IsGiven && !hasOther ? environment("NATS_USER") ?? "" : "";
        if (user.Length > 0)
        {
            LoginSource who = UserOrToken(user, Value(_password, environment, "NATS_PASSWORD"));
            login = login with { User = who.User, Password = who.Password, Token = who.Token };
        }

        // Two tokens are two ways.
        if (_token.Value.Length > 0) login = login.Token.Length == 0 ? login with { Token = _token.Value } : login with { Token = _token.Value, User = user };
        return login;
    }

    // The order of the nats tool, where several are set.
    private static LoginSource OfEnvironment(Func<string, string?> environment)
    {
        if (environment("NATS_USER") is { Length: > 0 } user) return UserOrToken(user, environment("NATS_PASSWORD") ?? "");
        if (environment("NATS_CREDS") is { Length: > 0 } credentials) return new LoginSource { CredentialsFile = credentials };
        if (environment("NATS_NKEY") is { Length: > 0 } nkey) return new LoginSource { NkeyFile = nkey };
        return new LoginSource { Token = environment("NATS_TOKEN") ?? "" };
    }

    private bool TryReadServers(Func<string, string?> environment, out List<(ServerAddress Address, LoginSource Login)> servers, [NotNullWhen(false)] out string? problem)
    {
        servers = [];
        problem = null;
        string urls = Value(_server, environment, "NATS_URL");
        foreach (string url in (urls.Length > 0 ? urls : DefaultServer).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(MaximumServers))
        {
            if (!ServerAddress.TryParse(url, out ServerAddress? address, out LoginSource login, out problem)) return false;
            servers.Add((address, login));
        }

        if (servers.Count == 0) problem = "-s takes the address of a server";
        return problem is null;
    }
}
