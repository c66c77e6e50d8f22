using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Pairs;

/// <summary>A server started for measuring, on a random loopback port; ended with this object. Its log is read on a thread of its own.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private const int SigTerm = 15;
    private const string ListeningText = "Listening for client connections on ";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly Process? _process;
    private readonly Thread? _logReader;
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<int> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A server that somebody else started and will end.</summary>
    public ServerProcess(IPEndPoint endPoint, int processId)
    {
        EndPoint = endPoint;
        Meter = new ProcessMeter(processId);
    }

    private ServerProcess(ProcessStartInfo start, bool isSecure)
    {
        var startedAt = Stopwatch.GetTimestamp();
        _process = Process.Start(start) ?? throw new ServerStartException($"{start.FileName} did not start");
        _logReader = new Thread(() => ReadLog(startedAt)) { IsBackground = true, Name = "server log" };
        _logReader.Start();
        try
        {
            if (!_listening.Task.Wait(StartLimit))
            {
                throw new ServerStartException($"{start.FileName} does not say that it listens");
            }

            var port = _listening.Task.Result;
            EndPoint = isSecure ? new SecureEndPoint(IPAddress.Loopback, port) : new IPEndPoint(IPAddress.Loopback, port);
            Meter = new ProcessMeter(_process.Id);
        }
        catch (AggregateException failed)
        {
            Dispose();
            throw failed.InnerException!;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IPEndPoint EndPoint { get; }

    public ProcessMeter Meter { get; }

    public double StartMilliseconds { get; private set; } = double.NaN;

    /// <exception cref="ServerStartException">It ended, or did not listen in time; the message holds the end of its log.</exception>
    public static ServerProcess Start(string path, IEnumerable<string> arguments, bool isSecure = false)
    {
        var start = new ProcessStartInfo(path) { RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["-a", "127.0.0.1", "-p", "-1", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return new ServerProcess(start, isSecure);
    }

    /// <summary>The last lines of the server's log.</summary>
    public string LogTail()
    {
        lock (_lastLines)
        {
            return string.Join('\n', _lastLines);
        }
    }

    public void Dispose()
    {
        if (_process is null)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, SigTerm);
            if (!_process.WaitForExit(StopLimit))
            {
                _process.Kill();
                _process.WaitForExit();
            }
        }

        _logReader?.Join(StopLimit);
        _process.Dispose();
    }

    private void ReadLog(long startedAt)
    {
        const int KeptLines = 20;
        while (_process!.StandardError.ReadLine() is { } line)
        {
            lock (_lastLines)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > KeptLines)
                {
                    _lastLines.Dequeue();
                }
            }

            if (line.Contains(ListeningText, StringComparison.Ordinal))
            {
                StartMilliseconds = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
                _listening.TrySetResult(int.Parse(line.AsSpan(line.LastIndexOf(':') + 1), CultureInfo.InvariantCulture));
            }
        }

        _listening.TrySetException(new ServerStartException($"the server ended before it listened:\n{LogTail()}"));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
