using System.Globalization;
using System.Text;

namespace NATS.Server.Monitoring;

/// <summary>Says what the threads of the process are about. Pure, thread-safe.</summary>
internal static class StacksBuilder
{
    /// <summary>Renders a text: the process, the thread that answers with its stack, then all threads, those that worked most first.</summary>
    /// <param name="server">The configured name of the server; empty without one.</param>
    /// <param name="process">What is known.</param>
    /// <param name="stack">The stack of the thread that answers.</param>
    public static string Render(string server, ProcessThreads process, string stack)
    {
        var text = new StringBuilder(4096);
        text.Append(CultureInfo.InvariantCulture, $"server {server} in process {process.Id}: {process.Threads.Count} threads; pool: {process.PoolThreads} threads, {process.PoolPending} pending, {process.PoolCompleted} completed\n");
        text.Append(CultureInfo.InvariantCulture, $"\nthread that answers:\n{stack.ReplaceLineEndings("\n")}\n");
        foreach (ThreadState thread in process.Threads.OrderByDescending(static thread => thread.ProcessorTime).ThenBy(static thread => thread.Id))
        {
            text.Append(CultureInfo.InvariantCulture, $"\nthread {thread.Id} [{thread.State}]: {(thread.Name.Length > 0 ? thread.Name : "unnamed")}\n");
            text.Append(CultureInfo.InvariantCulture, $"\tprocessor {thread.ProcessorTime.TotalSeconds:0.000}s");
            if (thread.WaitsIn.Length > 0) text.Append(CultureInfo.InvariantCulture, $", waits in {thread.WaitsIn}");
            text.Append('\n');
        }

        return text.ToString();
    }
}
