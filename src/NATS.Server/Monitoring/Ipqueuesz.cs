using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>What waits in one of the server's own queues, as served on <c>/ipqueuesz</c>. Immutable.</summary>
public sealed record QueueStatus
{
    public required long Pending { get; init; }

    /// <summary>Taken out and not done yet, as far as the queue knows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long InProgress { get; init; }
}

/// <summary>Which queues are shown. Immutable.</summary>
public sealed record IpqueueszOptions
{
    /// <summary>Also queues in which nothing waits.</summary>
    public bool All { get; init; }

    /// <summary>Only queues with this in their names; empty for all.</summary>
    public string Filter { get; init; } = "";
}

/// <summary>A queue at one moment.</summary>
/// <param name="Name">What operators know it by.</param>
/// <param name="Pending">What waits in it.</param>
/// <param name="InProgress">What was taken out and is not done, where the queue knows.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct QueueSnapshot(string Name, long Pending, long InProgress = 0);
