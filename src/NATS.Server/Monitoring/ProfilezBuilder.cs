using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Sessions;

namespace NATS.Server.Monitoring;

/// <summary>A profile of the process. Immutable.</summary>
public sealed record ProfilezStatus
{
    /// <summary>In JSON as base64; null with an error.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)]
    public byte[]? Profile { get; init; }

    /// <summary>Empty without one.</summary>
    public string Error { get; init; } = "";
}

/// <summary>Which profile is wanted. Immutable.</summary>
public sealed record ProfilezOptions
{
    public string Name { get; init; } = "";

    /// <summary>Of processor profiles: how long to look, 15 seconds at most.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>
/// Answers requests for profiles. Thread-safe. .NET is profiled from outside, by its diagnostic port: of the reference's profiles only the list of what runs
/// can be had from inside, and the others are refused by name.
/// </summary>
internal static class ProfilezBuilder
{
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(15);

    public static ProfilezStatus Build(ProfilezOptions options, Func<string> stacks)
    {
        switch (options.Name)
        {
            case "":
                return Failed("Profile name not specified");
            case "cpu" when options.Duration <= TimeSpan.Zero || options.Duration > MaxDuration:
                return Failed($"Duration {Durations.Format(options.Duration)} should be between 0s and 15s");
            case "cpu":
                return Failed("Failed to start CPU profile: this server runs on .NET, use dotnet-trace from outside");
            case "goroutine" or "threadcreate":
                return new ProfilezStatus { Profile = Encoding.UTF8.GetBytes(stacks()) };
            case "heap" or "allocs" or "block" or "mutex":
                return Failed($"Profile {QuotedText.Quote(options.Name)} error: this server runs on .NET, use dotnet-gcdump or dotnet-trace from outside");
            default:
                return Failed($"Profile {QuotedText.Quote(options.Name)} not found");
        }
    }

    private static ProfilezStatus Failed(string error) => new() { Error = error };
}
