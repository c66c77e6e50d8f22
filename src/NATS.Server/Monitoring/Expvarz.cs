using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>The process, as served on <c>/debug/vars</c>. Immutable.</summary>
public sealed record Expvarz
{
    public required MemoryStatistics Memstats { get; init; }

    /// <summary>Without secrets; empty when the program that embeds the server does not say it.</summary>
    public required IReadOnlyList<string> Cmdline { get; init; }
}

/// <summary>
/// The memory of the process, under the names of Go's <c>runtime.MemStats</c> that have a meaning in .NET; the others are left out. Immutable. Bytes, unless
/// it is said otherwise.
/// </summary>
public sealed record MemoryStatistics
{
    /// <summary>In use by objects, also such that are not needed any more.</summary>
    [JsonPropertyName("Alloc")]
    public required long Alloc { get; init; }

    /// <summary>Allocated since the process began.</summary>
    [JsonPropertyName("TotalAlloc")]
    public required long TotalAlloc { get; init; }

    /// <summary>What the collector has of the system.</summary>
    [JsonPropertyName("Sys")]
    public required long Sys { get; init; }

    [JsonPropertyName("HeapAlloc")]
    public long HeapAlloc => Alloc;

    [JsonPropertyName("HeapSys")]
    public long HeapSys => Sys;

    /// <summary>What the collector has and does not use.</summary>
    [JsonPropertyName("HeapIdle")]
    public required long HeapIdle { get; init; }

    [JsonPropertyName("HeapInuse")]
    public required long HeapInuse { get; init; }

    /// <summary>Nanoseconds that collections have stopped all threads.</summary>
    [JsonPropertyName("PauseTotalNs")]
    public required long PauseTotalNs { get; init; }

    /// <summary>Nanoseconds of the pauses of the last collection.</summary>
    [JsonPropertyName("PauseNs")]
    public required IReadOnlyList<long> PauseNs { get; init; }

    /// <summary>Collections so far.</summary>
    [JsonPropertyName("NumGC")]
    public required int NumGC { get; init; }

    /// <summary>Part of the time that collections have stopped all threads, 0 to 1.</summary>
    [JsonPropertyName("GCCPUFraction")]
    public required double GCCPUFraction { get; init; }

    [JsonPropertyName("EnableGC")]
    public bool EnableGC => true;

    [JsonPropertyName("DebugGC")]
    public bool DebugGC => false;

    /// <summary>The statistics of this moment. Any thread.</summary>
    public static MemoryStatistics Read()
    {
        GCMemoryInfo last = GC.GetGCMemoryInfo(GCKind.Any);
        return new MemoryStatistics
        {
            Alloc = GC.GetTotalMemory(forceFullCollection: false),
            TotalAlloc = GC.GetTotalAllocatedBytes(precise: false),
            Sys = last.TotalCommittedBytes,
            HeapIdle = Math.Max(0, last.TotalCommittedBytes - last.HeapSizeBytes),
            HeapInuse = last.HeapSizeBytes,
            PauseTotalNs = Nanoseconds(GC.GetTotalPauseDuration()),
            PauseNs = [.. last.PauseDurations.ToArray().Where(static pause => pause > TimeSpan.Zero).Select(Nanoseconds)],
            NumGC = GC.CollectionCount(0),
            GCCPUFraction = last.PauseTimePercentage / 100,
        };
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
