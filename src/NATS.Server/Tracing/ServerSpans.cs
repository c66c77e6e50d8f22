using System.Diagnostics;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Tracing;

/// <summary>Where the spans of all servers in the process come from. Thread-safe. While nobody listens, asking whether somebody does is all that it costs.</summary>
internal static class ServerSpans
{
    /// <summary>The name that listeners ask for.</summary>
    public const string SourceName = "Nats.Server";

    public static ActivitySource Source { get; } = new(SourceName, ServerVersion.Compatible);

    /// <summary>Whether somebody listens.</summary>
    public static bool AreWanted => Source.HasListeners();
}
