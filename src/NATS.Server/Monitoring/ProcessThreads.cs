using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NATS.Server.Monitoring;

/// <summary>The threads of this process at one moment, as far as the system tells. Immutable.</summary>
internal sealed record ProcessThreads
{
    public required int Id { get; init; }

    public required IReadOnlyList<ThreadState> Threads { get; init; }

    /// <summary>Threads of the runtime's pool.</summary>
    public required int PoolThreads { get; init; }

    /// <summary>Work that waits for the pool.</summary>
    public required long PoolPending { get; init; }

    public required long PoolCompleted { get; init; }

    /// <summary>Reads the system's list. Any thread. .NET does not let a program look at the stacks of its threads; what they wait for in the kernel is all there is.</summary>
    public static ProcessThreads Read()
    {
        using var process = Process.GetCurrentProcess();
        List<ThreadState> threads = [];
        foreach (ProcessThread thread in process.Threads)
        {
            using (thread)
            {
                if (Describe(thread) is { } described) threads.Add(described);
            }
        }

        return new ProcessThreads
        {
            Id = process.Id,
            Threads = threads,
            PoolThreads = ThreadPool.ThreadCount,
            PoolPending = ThreadPool.PendingWorkItemCount,
            PoolCompleted = ThreadPool.CompletedWorkItemCount,
        };
    }

    private static ThreadState? Describe(ProcessThread thread)
    {
        try
        {
            bool isLinux = OperatingSystem.IsLinux();
            bool tells = isLinux || OperatingSystem.IsWindows();
            return new ThreadState(
                thread.Id,
                isLinux ? OfTask(thread.Id, "comm") : "",
                thread.ThreadState.ToString().ToLowerInvariant(),
                tells ? thread.TotalProcessorTime : TimeSpan.Zero,
                isLinux && OfTask(thread.Id, "wchan") is { Length: > 1 } place ? place : "");
        }
        catch (Exception gone) when (gone is InvalidOperationException or System.ComponentModel.Win32Exception or NotSupportedException or ArgumentException)
        {
            return null; // it ended meanwhile
        }
    }

    private static string OfTask(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/self/task/{id}/{file}").Trim();
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>One thread.</summary>
/// <param name="Id">The system's.</param>
/// <param name="Name">Empty where it is not known; the system cuts it after 15 bytes.</param>
/// <param name="State">Running, wait and so on.</param>
/// <param name="ProcessorTime">So far.</param>
/// <param name="WaitsIn">The function of the kernel; empty where it is not known.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ThreadState(int Id, string Name, string State, TimeSpan ProcessorTime, string WaitsIn);
