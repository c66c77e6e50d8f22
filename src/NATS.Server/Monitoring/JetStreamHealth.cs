using NATS.Server.Core.JetStream.Errors;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Storage.Catalog;
using JetStreamStream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Monitoring;

/// <summary>Judges whether all that JetStream has stored is served. Thread-safe.</summary>
/// <remarks>Reference: nats-server monitor.go healthz, for a server on its own.</remarks>
internal static class JetStreamHealth
{
    private const string Unavailable = "unavailable";
    private const string OutOfSpace = "no space left on device";

    /// <summary>Judges; JetStream is configured.</summary>
    public static HealthStatus Judge(HealthzOptions options, IMonitoredServer server)
    {
        if (server.JetStream is not { } engine) return Answer(options, 503, [Problem(HealthzErrorType.JetStream, ApiErrors.NotEnabled.ToString())]);
        if (options.JsEnabledOnly) return HealthBuilder.Healthy();
        List<HealthzError> problems = [];
        bool isFound = options.Account.Length == 0;
        foreach (AccountFolder account in engine.Catalog.Accounts.OrderBy(static account => account.Name, StringComparer.Ordinal))
        {
            bool isMeant = options.Account.Length == 0 || account.Name == options.Account;
            if (!isMeant || (account.Streams.Count == 0 && !engine.Services.Disk.DirectoryExists(account.Directory))) continue;
            isFound = true;
            if (!server.HasAccount(account.Name))
            {
                problems.Add(Problem(HealthzErrorType.Account, $"JetStream account '{account.Name}' could not be resolved", account.Name));
                continue;
            }

            foreach (StreamFolder stored in account.Streams)
            {
                if (options.Stream.Length == 0 || stored.Name == options.Stream) Judge(engine, account.Name, stored.Name, problems);
            }
        }

        if (!isFound) return Answer(options, 404, [Problem(HealthzErrorType.Account, $"JetStream account \"{options.Account}\" not found", options.Account)]);
        return Missing(options, engine) is { } missing ? Answer(options, 404, [missing]) : Answer(options, 503, problems);
    }

    private static void Judge(JetStreamEngine engine, string account, string stream, List<HealthzError> problems)
    {
        engine.TryGetAccount(account, out JetStreamAccount? owner);

        // What needs a newer server is as it should be.
        if (owner?.TryGetOffline(stream, out _) == true) return;
        if (owner is null || !owner.TryGetStream(stream, out JetStreamStream? served))
            problems.Add(Problem(HealthzErrorType.Stream, $"JetStream stream '{account} > {stream}' could not be recovered", account, stream));
        else if ((served.Store.WriteFailure ?? (served.Store.IsOutOfSpace ? OutOfSpace : null)) is { } failure)
            problems.Add(Problem(HealthzErrorType.Stream, $"JetStream stream '{account} > {stream}' write error: {failure}", account, stream));
    }

    // What was asked for by name has to be there.
    private static HealthzError? Missing(HealthzOptions options, JetStreamEngine engine)
    {
        if (options.Stream.Length == 0) return null;
        bool isStored = engine.Catalog.Account(options.Account)?.TryGet(options.Stream, out _) == true;
        if (!isStored) return Problem(HealthzErrorType.Stream, $"JetStream stream \"{options.Stream}\" not found on account \"{options.Account}\"", options.Account, options.Stream);
        bool hasConsumer = options.Consumer.Length == 0
            || (engine.TryGetAccount(options.Account, out JetStreamAccount? account) && account.TryGetStream(options.Stream, out JetStreamStream? stream) && stream.FindConsumer(options.Consumer) is not null);
        if (hasConsumer) return null;
        string text = $"JetStream consumer \"{options.Consumer}\" not found for stream \"{options.Stream}\" on account \"{options.Account}\"";
        return Problem(HealthzErrorType.Consumer, text, options.Account, options.Stream, options.Consumer);
    }

    // Without details the first problem is all that is told.
    private static HealthStatus Answer(HealthzOptions options, int code, List<HealthzError> problems)
    {
        if (problems.Count == 0) return HealthBuilder.Healthy();
        return options.Details
            ? new HealthStatus { Status = "error", StatusCode = code, Errors = problems }
            : new HealthStatus { Status = Unavailable, StatusCode = code, Error = problems[0].Error };
    }

    private static HealthzError Problem(HealthzErrorType type, string error, string? account = null, string? stream = null, string? consumer = null) =>
        new() { Type = type, Account = account, Stream = stream, Consumer = consumer, Error = error };
}
