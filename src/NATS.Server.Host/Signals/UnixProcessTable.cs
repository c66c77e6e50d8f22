using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NATS.Server.Host.Signals;

/// <summary>The processes of a Unix machine. Thread-safe.</summary>
internal sealed partial class UnixProcessTable : IProcessTable
{
    private const int ENoEntry = 2;
    private const int ESearch = 3;
    private const int EPermission = 1;
    private const int EInvalid = 22;

    public IReadOnlyList<int> Find(string name)
    {
        var found = new List<int>();
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                if (process.Id != Environment.ProcessId && NameOf(process).Contains(name, StringComparison.Ordinal))
                    found.Add(process.Id);
            }
        }
        found.Sort();
        return found;
    }

    public string? Send(int processId, int signal)
    {
        if (Kill(processId, signal) == 0)
            return null;
        return Marshal.GetLastPInvokeError() switch
        {
            ESearch or ENoEntry => "no such process",
            EPermission => "operation not permitted",
            EInvalid => "invalid argument",
            var error => $"errno {error}",
        };
    }

    private static string NameOf(Process process)
    {
        try
        {
            return process.ProcessName;
        }
        catch (InvalidOperationException)
        {
            return ""; // it ended meanwhile
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
