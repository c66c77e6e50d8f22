using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>
/// The user is named by the client's certificate (<c>verify_and_map</c>): by an e-mail address, a host name, a URI, or by its subject, whichever of these in
/// this order is a user that may connect this way. Immutable, thread-safe.
/// </summary>
internal sealed class CertificateCheck(UserDirectory users) : ImmediateCheck
{
    private readonly (ConfiguredUser User, SubjectName Name)[] _subjects = [.. Subjects(users)];
    private readonly bool _hasHashes = users.Named.Any(static user => user.Secret.IsHashed);

    // The option belongs to the listener of ordinary clients; whoever connects inside the process needs a certificate as well.
    public override bool AppliesTo(ConnectOptions options, in ConnectionFacts facts) => facts.ConnectionType is ConnectionTypes.Standard or ConnectionTypes.InProcess;

    public override CheckCost CostOf(ConnectOptions options) => _hasHashes ? CheckCost.Hash : CheckCost.None;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier)
    {
        if (facts.Tls is null) return AuthResult.Reject(options, "User required in cert, no TLS connection state");
        if (facts.Tls.PeerCertificates.Count == 0) return AuthResult.Reject(options, "User required in cert, no peer certificates found");
        if (!CertificateNames.TryRead(facts.Tls.PeerCertificates[0], out CertificateNames? names)) return AuthResult.Reject(options, "User required in cert, none found");
        if (Find(names, facts.ConnectionType) is not { } user) return AuthResult.Reject(options, $"User in cert [{QuotedText.Quote(names.SubjectText)}], not found");
        string warning = options.User.Length > 0 ? $"User {QuotedText.Quote(options.User)} found in connect proto, but user required from cert" : "";
        return CheckFound(user, options with { User = user.Options.Username }, facts, earlier) with { Warning = warning };
    }

    private static AuthResult CheckFound(ConfiguredUser user, ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier)
    {
        if (user.LacksProxy(facts)) return AuthResult.RejectWithoutProxy(options);

        // A user that also has a password has to send it.
        bool isVerified = earlier?.Verified is { } verified && verified.IsSameAs(user.Secret);
        return isVerified || user.Secret.Matches(options.Password) ? UsersCheck.Accept(options, user) : AuthResult.Reject(options, "Password is wrong");
    }

    private ConfiguredUser? Find(CertificateNames names, string connectionType)
    {
        foreach (string name in (IEnumerable<string>)[.. names.Emails, .. names.Hosts, .. names.Uris])
        {
            if (Named(name, connectionType) is { } user) return user;
        }

        if (!names.HasSubject) return null;
        return BySubject(names, connectionType) ?? Named(names.SubjectTextWithDomain, connectionType) ?? Named(names.SubjectText, connectionType);
    }

    private ConfiguredUser? Named(string name, string connectionType) =>
        name.Length > 0 && users.FindName(name) is { } user && user.Allows(connectionType) ? user : null;

    // One whose parts are in the same order goes before those in which they are in another.
    private ConfiguredUser? BySubject(CertificateNames names, string connectionType)
    {
        if (names.Subject is not { } subject) return null;
        ConfiguredUser? reordered = null;
        foreach ((ConfiguredUser user, SubjectName name) in _subjects)
        {
            if (!user.Allows(connectionType)) continue;
            if (name.IsSameAs(subject)) return user;
            if (reordered is null && name.HasSameParts(subject)) reordered = user;
        }

        return reordered;
    }

    private static IEnumerable<(ConfiguredUser User, SubjectName Name)> Subjects(UserDirectory users)
    {
        foreach (ConfiguredUser user in users.Named)
        {
            if (SubjectName.TryParse(user.Options.Username, out SubjectName name)) yield return (user, name);
        }
    }
}
