using System.Globalization;
using NATS.Server.Accounts;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Finds out whose rights a question is about. Pure over its arguments.</summary>
internal static class RightsSearch
{
    /// <summary>Finds them.</summary>
    /// <param name="question">By connection, by user, or by account alone.</param>
    /// <param name="server">Knows users.</param>
    /// <param name="found">The connection; or of a user those of open connections that differ, the oldest first, or as configured; or of users without their own. Empty when there is nobody.</param>
    /// <returns>Null, or the answer that there is nobody.</returns>
    public static Explanation? Find(ExplainQuestion question, IMonitoredServer server, out IReadOnlyList<RightsGroup> found)
    {
        found = [];
        string account = "";
        if (question.Account.Length > 0)
        {
            if (AccountOf(question.Account, server) is not { } known) return NoAccount(question, server);
            account = known;
        }

        if (question.Cid > 0) return ByConnection(question, account, server, out found);
        if (question.User.Length > 0) return ByUser(question, account, server, out found);
        if (server.SnapshotDefaultRights(account) is not { } rights) return NoAccount(question, server);
        found = [new RightsGroup(rights, [])];
        return null;
    }

    /// <summary>The account of a name, or of a name by which people call it.</summary>
    public static string? AccountOf(string name, IMonitoredServer server)
    {
        if (server.HasAccount(name)) return name;
        return server.ListAccounts().Where(account => server.DisplayNameOf(account) == name).Order(StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>The account of those who name none.</summary>
    public static string DefaultAccount(IMonitoredServer server) =>
        server.Options.NoAuthUser is { Length: > 0 } user && server.FindConfiguredUser(user) is { } rights ? rights.Account : Account.GlobalName;

    public static Explanation NoAccount(ExplainQuestion question, IMonitoredServer server)
    {
        IReadOnlyList<string> accounts = [.. server.ListAccounts().Select(server.DisplayNameOf)];
        string unknown = server.Options.Operator.IsEnabled ? "Accounts that nobody uses are not known until a user of theirs connects." : "";
        return NotFound(question, $"There is no account {question.Account}.", [SimilarNames.Sentence("Accounts", question.Account, accounts), unknown]);
    }

    private static Explanation? ByConnection(ExplainQuestion question, string account, IMonitoredServer server, out IReadOnlyList<RightsGroup> found)
    {
        found = [];
        string cid = question.Cid.ToString(CultureInfo.InvariantCulture);
        if (server.SnapshotRights(question.Cid) is not { } rights)
        {
            IReadOnlyList<string> open = [.. server.SnapshotConnections().OrderBy(static connection => connection.Cid).Select(static connection => connection.Cid.ToString(CultureInfo.InvariantCulture))];
            string closed = server.ClosedConnections.Snapshot().Any(connection => connection.Connection.Cid == question.Cid)
                ? $"Connection {cid} has closed: ask the question \"connection\" to see why."
                : "";
            return NotFound(question, $"There is no open connection {cid}.", [closed, SimilarNames.Sentence("Open connections", cid, open)]);
        }

        if (account.Length > 0 && rights.Account != account)
        {
            return NotFound(question, $"Connection {cid} is in account {server.DisplayNameOf(rights.Account)}, not in {server.DisplayNameOf(account)}.", []);
        }

        if (question.User.Length > 0 && question.User != rights.User && question.User != rights.UserName)
        {
            return NotFound(question, $"Connection {cid} is of {(rights.User.Length > 0 ? $"user {rights.User}" : "no user")}, not of user {question.User}.", []);
        }

        found = [new RightsGroup(rights, [])];
        return null;
    }

    private static Explanation? ByUser(ExplainQuestion question, string account, IMonitoredServer server, out IReadOnlyList<RightsGroup> found)
    {
        IReadOnlyList<RightsSnapshot> open = server.SnapshotRights(question.User);
        List<RightsGroup> groups = [];
        foreach (RightsSnapshot rights in open)
        {
            if (account.Length > 0 && rights.Account != account) continue;
            int known = groups.FindIndex(group => group.Rights.IsSameAs(rights));
            if (known < 0) groups.Add(new RightsGroup(rights, []));
            else groups[known].Others.Add(rights.Cid);
        }

        found = groups;
        if (groups.Count > 0) return null;
        RightsSnapshot? configured = server.FindConfiguredUser(question.User);
        if (configured is not null && (account.Length == 0 || configured.Account == account))
        {
            found = [new RightsGroup(configured, [])];
            return null;
        }

        string? elsewhere = (configured ?? (open.Count > 0 ? open[0] : null))?.Account;
        if (elsewhere is not null)
        {
            return NotFound(question, $"User {question.User} is in account {server.DisplayNameOf(elsewhere)}, not in {server.DisplayNameOf(account)}.", []);
        }

        return NotFound(question, $"There is no user {question.User}: none is configured, and none is connected.", [SimilarNames.Sentence("Users", question.User, Users(server)), Elsewhere(server)]);
    }

    private static string[] Users(IMonitoredServer server) =>
    [
        .. server.Options.AllUsers.Select(static user => user.Nkey.Length > 0 ? user.Nkey : user.Username).Append(server.Options.Authorization.Username)
            .Concat(server.SnapshotConnections().SelectMany(static connection => (IEnumerable<string>)[connection.AuthorizedUser, connection.UserName]))
            .Where(static user => user.Length > 0).Distinct(StringComparer.Ordinal),
    ];

    // Where users are that the server does not know before they connect.
    private static string? Elsewhere(IMonitoredServer server)
    {
        if (server.Options.Operator.IsEnabled) return "The rights of a user are in its token: ask while it is connected, or ask by account for what users without permissions of their own may.";
        return server.Options.Authorization.Callout is null ? null : "The authorization service says what its users may: ask while the user is connected.";
    }

    private static Explanation NotFound(ExplainQuestion question, string summary, IEnumerable<string?> hints) => new()
    {
        Question = question.Kind.ToString().ToLowerInvariant(),
        Verdict = "not_found",
        Summary = summary,
        Hints = hints.OfType<string>().Where(static hint => hint.Length > 0).ToArray() is { Length: > 0 } told ? told : null,
    };
}

/// <summary>Connections of a user that have the same rights. Immutable once it is found.</summary>
/// <param name="Rights">Of the oldest.</param>
/// <param name="Others">The other connections.</param>
internal sealed record RightsGroup(RightsSnapshot Rights, List<ulong> Others);
