using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NATS.Server.Core.Config;
using NATS.Server.Core.Security;
using NATS.Server.Host.Flags;
using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.Host.Explain;

/// <summary>What follows <c>nats-server explain</c>. Pure.</summary>
internal sealed record ExplainArguments
{
    private const string Questions = "publish, subscribe, route, consumer or connection";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    private ExplainArguments()
    {
    }

    public bool AsksForHelp { get; private init; }

    public bool AsksForVersion { get; private init; }

    /// <summary>Complete, unless only help or the version is asked for.</summary>
    public required ExplainQuestion Question { get; init; }

    public required ConnectSettings Connect { get; init; }

    /// <summary>The one that is asked; null for the one that the connection leads to.</summary>
    public string? ServerId { get; private init; }

    /// <summary>Every server is asked.</summary>
    public bool AsksAll { get; private init; }

    public bool IsJson { get; private init; }

    /// <summary>For all of it: connecting, logging in, the first answer.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>Reads a command line. Flags may stand anywhere; what follows <c>--</c> is none.</summary>
    /// <param name="arguments">Without <c>explain</c>.</param>
    /// <param name="environment">Variables of the process.</param>
    /// <param name="read">What it asks for.</param>
    /// <param name="problem">Why it cannot be read.</param>
    public static bool TryParse(
        IReadOnlyList<string> arguments, Func<string, string?> environment, [NotNullWhen(true)] out ExplainArguments? read, [NotNullWhen(false)] out string? problem)
    {
        read = null;
        var flags = new FlagSet();
        var connect = new ConnectFlags(flags);
        var about = new QuestionFlags(flags);
        TextFlag serverId = flags.Text("server-id");
        BooleanFlag all = flags.Boolean("all");
        BooleanFlag json = flags.Boolean("json");
        TextFlag timeout = flags.Text("timeout");
        BooleanFlag version = flags.Boolean("v", "version");
        BooleanFlag help = flags.Boolean("h", "help");

        problem = ParseAll(flags, arguments, out List<string> words);
        if (problem is not null) return false;
        ExplainQuestion? question = null;
        bool isAsked = !help.Value && !version.Value;
        TimeSpan patience = DefaultTimeout;
        if (isAsked && !about.TryRead(words, out question, out problem)) return false;
        string span = timeout.IsGiven ? timeout.Value : environment("NATS_TIMEOUT") ?? "";
        if (span.Length > 0 && !TryReadTimeout(span, out patience)) problem = "--timeout takes a duration such as 5s or 500ms";
        else if (serverId.IsGiven && all.Value) problem = "--server-id or --all, not both";
        else if (serverId.IsGiven && !Nkey.IsValid(serverId.Value, NkeyRole.Server)) problem = "--server-id takes the id of a server, which begins with N";
        if (problem is not null || !connect.TryRead(environment, out ConnectSettings? settings, out problem)) return false;
        read = new ExplainArguments
        {
            AsksForHelp = help.Value,
            AsksForVersion = version.Value,
            Question = question ?? new ExplainQuestion { Kind = ExplainKind.Unknown },
            Connect = settings,
            ServerId = serverId.IsGiven ? serverId.Value : null,
            AsksAll = all.Value,
            IsJson = json.Value,
            Timeout = patience,
        };
        return true;
    }

    /// <summary>What can be asked, for messages.</summary>
    internal static string KnownQuestions => Questions;

    private static string? ParseAll(FlagSet flags, IReadOnlyList<string> arguments, out List<string> words)
    {
        words = [];
        IReadOnlyList<string> left = arguments;
        while (true)
        {
            if (flags.Parse(left) is { } problem) return problem;
            left = flags.Rest;
            if (left.Count == 0) return null;
            if (flags.HasEnded)
            {
                words.AddRange(left);
                return null;
            }

            words.Add(left[0]);
            left = [.. left.Skip(1)];
        }
    }

    private static bool TryReadTimeout(string text, out TimeSpan timeout)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds <= LongestTimeout.TotalSeconds) timeout = TimeSpan.FromSeconds(seconds);
        else if (!GoDuration.TryParse(text, out timeout, out _)) return false;
        return timeout > TimeSpan.Zero && timeout <= LongestTimeout;
    }
}
