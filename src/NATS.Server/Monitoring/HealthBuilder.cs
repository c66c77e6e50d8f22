namespace NATS.Server.Monitoring;

/// <summary>Judges the health of the server. Pure over <see cref="IMonitoredServer"/>, thread-safe.</summary>
internal static class HealthBuilder
{
    /// <summary>
    /// Checks the request, then the listeners, then JetStream. Without JetStream every further parameter is accepted.
    /// </summary>
    public static HealthStatus Build(HealthzOptions options, IMonitoredServer server)
    {
        if (options.Account.Length == 0 && options.Stream.Length > 0)
        {
            return Failed(options, 400, HealthzErrorType.BadRequest, "\"account\" must not be empty when checking stream health");
        }

        if (options.Stream.Length == 0 && options.Consumer.Length > 0)
        {
            return Failed(options, 400, HealthzErrorType.BadRequest, "\"stream\" must not be empty when checking consumer health");
        }

        IReadOnlyList<ListenerSnapshot> listeners = server.SnapshotListeners();
        if (!listeners.All(x => x.IsReady))
        {
            // The reference gives a health check one millisecond, and says so.
            string problems = string.Join(", ", listeners.Select(Problem).Where(x => x is not null));
            return Failed(options, 500, HealthzErrorType.Connection, "failed to be ready for connections after 1ms: " + problems);
        }

        bool asksNoMore = options.JsServerOnly || server.SnapshotServer().Options.JetStream is null;
        return asksNoMore ? Healthy() : JetStreamHealth.Judge(options, server);
    }

    /// <summary>Nothing is wrong.</summary>
    public static HealthStatus Healthy() => new() { Status = "ok", StatusCode = 200 };

    private static HealthStatus Failed(HealthzOptions options, int code, HealthzErrorType type, string error) => new()
    {
        Status = "error",
        StatusCode = code,
        Error = options.Details ? null : error,
        Errors = options.Details ? [new HealthzError { Type = type, Error = error }] : null,
    };

    private static string? Problem(ListenerSnapshot listener) => (listener.IsReady, listener.Error) switch
    {
        (true, "") => null,
        (true, string error) => $"{listener.Name}(ok, but {error})",
        (false, "") => listener.Name,
        (false, string error) => $"{listener.Name}({error})",
    };
}
