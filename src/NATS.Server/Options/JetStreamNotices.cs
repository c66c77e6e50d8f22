using Microsoft.Extensions.Logging;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream;

namespace NATS.Server.Options;

/// <summary>A line for the log.</summary>
internal readonly record struct JetStreamNotice(LogLevel Level, string Text);

/// <summary>What the log says while JetStream starts, in the reference's words. Pure.</summary>
internal static class JetStreamNotices
{
    public const string Starting = "Starting JetStream";

    /// <summary>Comes before <see cref="Starting"/> when a reload has switched JetStream on.</summary>
    public const string Restarting = "Restarting JetStream";

    public const string Stopping = "Initiating JetStream Shutdown...";

    public const string Stopped = "JetStream Shutdown";

    /// <summary>The system account is there to ask for JetStream, not to have it: the end of a start.</summary>
    public const string NotOnSystemAccount = "Not allowed to enable JetStream on the system account";

    /// <summary>Why accounts could not have what they are promised, for <see cref="Failed"/>.</summary>
    public static string AccountsFailed(string reason) => $"Error enabling jetstream on configured accounts: {reason}";

    /// <summary>At the end, also when JetStream could not start.</summary>
    public static string Took(TimeSpan duration) => $"Took {GoDuration.Format(duration)} to start JetStream";

    /// <summary>Why JetStream could not start: an end at the start of a server, a warning after a reload.</summary>
    public static string Failed(string reason) => $"Can't start JetStream: {reason}";

    /// <summary>What was decided without the operator; before the store directory is touched.</summary>
    public static IEnumerable<JetStreamNotice> Decisions(JetStreamConfiguration configuration)
    {
        if (configuration.IsTemporary) yield return new(LogLevel.Warning, "Temporary storage directory used, data could be lost on system reboot");
        if (configuration.MemoryLimit is { } limit) yield return new(LogLevel.Debug, $"JetStream detected {GoMemoryLimit.Variable} of {FriendlyBytes.Format(limit)}");
        if (configuration.IsDynamic)
        {
            yield return new(LogLevel.Debug, $"JetStream creating dynamic configuration - {FriendlyBytes.Format(configuration.MaxMemory)} memory, {FriendlyBytes.Format(configuration.MaxStorage)} disk");
        }
    }

    /// <summary>What is in force.</summary>
    public static IEnumerable<JetStreamNotice> Summary(JetStreamConfiguration configuration)
    {
        var options = configuration.Options;
        yield return Line("---------------- JETSTREAM ----------------");
        if (options.IsStrict) yield return Line("  Strict:          true");
        yield return Line($"  Max Memory:      {FriendlyBytes.Format(configuration.MaxMemory)}");
        yield return Line($"  Max Storage:     {FriendlyBytes.Format(configuration.MaxStorage)}");
        yield return Line($"  Store Directory: \"{configuration.StoreDirectory}\"");
        if (options.Domain.Length > 0) yield return Line($"  Domain:          {options.Domain}");
        if (options.Key.Length > 0) yield return Line($"  Encryption:      {JetStreamConfiguration.NameOf(options.Cipher)}");
        yield return Line(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"  API Level:       {ApiLevel.Current}"));
        yield return Line("-------------------------------------------");

        static JetStreamNotice Line(string text) => new(LogLevel.Information, text);
    }
}
