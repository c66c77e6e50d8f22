namespace NATS.Server.Monitoring.Explaining;

/// <summary>Finds the connection that somebody asks about, among those that are open and those that are remembered. Pure over its arguments.</summary>
internal static class ConnectionSearch
{
    /// <summary>The account of the connection or user that a question names; empty when it names none, or none that is known.</summary>
    public static string AccountOf(ExplainQuestion question, IMonitoredServer server)
    {
        if (question.Cid == 0 && question.User.Length == 0) return "";
        if (question.Cid != 0 && server.FindConnection(question.Cid) is { } open) return open.Connection.Account;
        ulong cid = question.Cid != 0 ? question.Cid : Newest(question.User, server, out _, out _);
        if (server.FindConnection(cid) is { } newest) return newest.Connection.Account;
        return FindClosed(cid, server)?.Connection.Account ?? "";
    }

    /// <summary>A connection that ended and is still remembered.</summary>
    public static ClosedConnection? FindClosed(ulong cid, IMonitoredServer server) =>
        Array.FindLast(server.ClosedConnections.Snapshot(), closed => closed.Connection.Cid == cid);

    /// <summary>The newest connection of a user; 0 when none is known.</summary>
    /// <param name="user">As <c>/connz?auth=1</c> shows it, or the name in its token.</param>
    /// <param name="server">Where.</param>
    /// <param name="open">How many connections of the user are open.</param>
    /// <param name="closed">How many are remembered that ended.</param>
    public static ulong Newest(string user, IMonitoredServer server, out int open, out int closed)
    {
        ulong newest = 0;
        open = closed = 0;
        foreach (ConnectionSnapshot connection in server.SnapshotConnections())
        {
            if (!IsOf(connection, user)) continue;
            open++;
            newest = Math.Max(newest, connection.Cid);
        }

        foreach (ClosedConnection connection in server.ClosedConnections.Snapshot())
        {
            if (!IsOf(connection.Connection, user)) continue;
            closed++;
            newest = Math.Max(newest, connection.Connection.Cid);
        }

        return newest;
    }

    /// <summary>How people call a connection: <c>cid 7 (billing, user alice)</c>.</summary>
    public static string NameOf(ConnectionSnapshot connection)
    {
        List<string> words = [];
        if (connection.Name.Length > 0) words.Add($"\"{connection.Name}\"");
        if (UserOf(connection) is { Length: > 0 } user) words.Add($"user {user}");
        return words.Count == 0 ? $"connection {connection.Cid}" : $"connection {connection.Cid} ({string.Join(", ", words)})";
    }

    /// <summary>The user of a connection; empty without one.</summary>
    public static string UserOf(ConnectionSnapshot connection) => connection.UserName.Length > 0 ? connection.UserName : connection.AuthorizedUser;

    private static bool IsOf(ConnectionSnapshot connection, string user) => connection.AuthorizedUser == user || (connection.UserName.Length > 0 && connection.UserName == user);
}
