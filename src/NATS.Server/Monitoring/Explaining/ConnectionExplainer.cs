namespace NATS.Server.Monitoring.Explaining;

/// <summary>Why a connection closed, or what holds it up. Pure over its arguments.</summary>
internal static class ConnectionExplainer
{
    public static Explanation Explain(ExplainQuestion question, IMonitoredServer server, DateTimeOffset now)
    {
        if (question.Cid != 0) return Find(question.Cid, server, now) ?? Unknown(question.Cid, server);
        ulong newest = ConnectionSearch.Newest(question.User, server, out int open, out int closed);
        return newest != 0 && Find(newest, server, now) is { } found ? WithOthers(found, newest, question.User, open, closed) : UnknownUser(question.User, server);
    }

    private static Explanation? Find(ulong cid, IMonitoredServer server, DateTimeOffset now)
    {
        if (server.FindConnection(cid) is { } open) return new OpenConnectionStory(server, open, now).Tell();

        // Whoever closed a moment ago is in the ring before it leaves the others.
        return ConnectionSearch.FindClosed(cid, server) is { } closed ? new ClosedConnectionStory(server, closed, now).Tell() : null;
    }

    private static Explanation WithOthers(Explanation found, ulong cid, string user, int open, int closed)
    {
        int others = Math.Max(0, open + closed - 1);
        string text = others == 0
            ? $"connection {cid} is the only connection of \"{user}\" that is known"
            : $"connection {cid} is the newest connection of \"{user}\"; {StandingText.Count(others, "other is", "others are")} known: {StandingText.Number((long)open)} open and {StandingText.Number((long)closed)} closed in all";
        return found with { Findings = [new Finding { Kind = "user", Text = text, User = user, Cid = cid, Value = others }, .. found.Findings] };
    }

    private static Explanation Unknown(ulong cid, IMonitoredServer server)
    {
        ulong newest = server.SnapshotServer().TotalConnections;
        List<Finding> findings = [Remembered(server, out ulong oldest)];
        bool isTooOld = oldest > 0 && cid < oldest;
        return new Explanation
        {
            Question = "connection",
            Verdict = "not_found",
            Summary = isTooOld
                ? $"Connection {cid} is not open, and if it ever was, it closed so long ago that it is not remembered any more."
                : $"No connection {cid} is open, and none of that number is remembered.",
            Findings = findings,
            Hints = isTooOld
                ? ["Raise max_closed_clients to remember more, or look into the log of the server for 'cid:" + cid + "'."]
                : [$"{StandingText.Count(newest, "client has", "clients have")} connected to this server since it started; numbers of other servers mean nothing here."],
        };
    }

    private static Finding Remembered(IMonitoredServer server, out ulong oldest)
    {
        ClosedConnection[] closed = server.ClosedConnections.Snapshot();
        oldest = closed.Length == 0 ? 0 : closed.Min(static connection => connection.Connection.Cid);
        string from = closed.Length == 0 ? "" : $", connection {oldest} is the oldest of them";
        return new Finding
        {
            Kind = "limit",
            Text = $"{StandingText.Count(closed.Length, "closed connection is", "closed connections are")} remembered, of {StandingText.Number((long)server.Options.MaxClosedClients)} (max_closed_clients){from}",
            Cid = oldest == 0 ? null : oldest,
            Value = closed.Length,
            Limit = server.Options.MaxClosedClients,
        };
    }

    private static Explanation UnknownUser(string user, IMonitoredServer server)
    {
        HashSet<string> users = new(StringComparer.Ordinal);
        foreach (ConnectionSnapshot connection in server.SnapshotConnections()) users.Add(ConnectionSearch.UserOf(connection));
        foreach (ClosedConnection connection in server.ClosedConnections.Snapshot()) users.Add(ConnectionSearch.UserOf(connection.Connection));
        users.Remove("");
        return new Explanation
        {
            Question = "connection",
            Verdict = "not_found",
            Summary = $"No connection of a user \"{user}\" is open or remembered.",
            Findings =
            [
                Remembered(server, out _),
                .. SimilarNames.Findings(user, users, static name => new Finding { Kind = "user", Text = $"there are connections of \"{name}\"", User = name }),
            ],
            Hints = SimilarNames.Nearest(user, users) is { } nearest ? [$"Perhaps \"{nearest}\" is meant."] : ["Users are named as /connz?auth=1 shows them: a name, a public nkey, or the name in a token."],
        };
    }
}
