using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace NATS.Server.Testing;

/// <summary>
/// Thread-safe. A server executable, the reference or ours, run as a child process: started on ports the system chooses, ready when it says so,
/// its log kept line by line, stopped within a bound.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TemporaryFolder _folder = new();
    private readonly ServerProcessOptions _options;
    private readonly Lock _gate = new();
    private readonly List<string> _log = [];
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string executable, ServerProcessOptions options)
    {
        _options = options;
        List<string> arguments = [];
        if (options.RandomPort) arguments.AddRange(["-a", "127.0.0.1", "-p", "-1"]);
        if (options.Config is not null) arguments.AddRange(["-c", WriteConfig(options.Config)]);
        arguments.AddRange(["--ports_file_dir", _folder.Path]);
        arguments.AddRange(options.Arguments.Select(argument => argument.Replace("$FOLDER", _folder.Path)));
        var start = new ProcessStartInfo(executable, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = _folder.Path,
        };
        foreach ((string name, string? value) in options.Environment) start.Environment[name] = value;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
    }

    /// <summary>The client port, as the log or the ports file tells it.</summary>
    public int Port { get; private set; }

    /// <summary>The monitoring port; 0 without one.</summary>
    public int MonitorPort { get; private set; }

    /// <summary>The process's own folder: its configuration, ports file, and working directory.</summary>
    public string Folder => _folder.Path;

    /// <summary>What runs.</summary>
    public string Executable => _process.StartInfo.FileName;

    public int Id => _process.Id;

    /// <summary>The lines written so far to standard error and standard output, in order.</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_gate) return [.. _log];
        }
    }

    public bool HasExited => _exited.Task.IsCompleted;

    /// <summary>The exit code once <see cref="HasExited"/>; 128 + signal when a signal ended it.</summary>
    public int ExitCode => _process.ExitCode;

    private string PortsFile => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(_process.StartInfo.FileName)}_{Id}.ports"));

    /// <summary>Starts the executable and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message holds its log.</exception>
    /// <exception cref="TimeoutException">It was not ready in time; the message holds its log.</exception>
    public static async Task<ServerProcess> StartAsync(string executable, ServerProcessOptions? options = null)
    {
        options ??= new ServerProcessOptions();
        var server = new ServerProcess(executable, options);
        try
        {
            server._process.Start();
            server._process.StandardInput.Close();
            server._process.BeginErrorReadLine();
            server._process.BeginOutputReadLine();
            _ = server.ObserveExitAsync();
            if (options.WaitUntilReady) await server.WaitUntilReadyAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the executable to its own end, without a ready wait, and returns it exited.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public static async Task<ServerProcess> RunAsync(string executable, params string[] arguments)
    {
        ServerProcess server = await StartAsync(executable, new ServerProcessOptions { Arguments = arguments, RandomPort = false, WaitUntilReady = false });
        try
        {
            await server.WaitForExitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes (or replaces) the configuration file; follow with <see cref="Signal"/> HUP to reload it.</summary>
    /// <returns>The file's path.</returns>
    public string WriteConfig(string text) => _folder.Write("server.conf", text.Replace("$FOLDER", _folder.Path));

    /// <summary>Waits for a log line that contains a text, from line <paramref name="from"/> of <see cref="Log"/> on.</summary>
    /// <returns>The line.</returns>
    /// <exception cref="InvalidOperationException">The process ended without it.</exception>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public async Task<string> WaitForLogAsync(string text, int from = 0, TimeSpan? timeout = null)
    {
        using var deadline = new CancellationTokenSource(timeout ?? _options.Timeout);
        while (true)
        {
            Task grown;
            bool ended = HasExited;
            lock (_gate)
            {
                string? line = _log.Skip(from).FirstOrDefault(x => x.Contains(text, StringComparison.Ordinal));
                if (line is not null) return line;
                grown = _grown.Task;
            }

            if (ended) throw new InvalidOperationException($"The server ended without logging '{text}'.{Environment.NewLine}{LogText()}");
            await Task.WhenAny(grown, _exited.Task).WaitAsync(deadline.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (deadline.IsCancellationRequested) throw new TimeoutException($"The server did not log '{text}'.{Environment.NewLine}{LogText()}");
        }
    }

    /// <summary>Sends a Unix signal: INT, TERM, HUP, USR1, USR2, QUIT, KILL.</summary>
    public void Signal(string name)
    {
        int number = name switch
        {
            "HUP" => 1,
            "INT" => 2,
            "QUIT" => 3,
            "KILL" => 9,
            "USR1" => 10,
            "USR2" => 12,
            "TERM" => 15,
            _ => throw new ArgumentException("Unknown signal " + name, nameof(name)),
        };
        if (kill(Id, number) != 0 && !HasExited) throw new InvalidOperationException("The signal could not be sent.");
    }

    /// <summary>Waits until the process has ended and its output was read to the end.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? timeout = null)
    {
        try
        {
            await _exited.Task.WaitAsync(timeout ?? _options.Timeout);
        }
        catch (TimeoutException problem)
        {
            throw new TimeoutException("The server did not end." + Environment.NewLine + LogText(), problem);
        }

        return ExitCode;
    }

    /// <summary>Asks the server to end with INT and waits for it.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> StopAsync()
    {
        if (!HasExited) Signal("INT");
        return WaitForExitAsync();
    }

    /// <summary>Ends the process at once, as a crash would, and waits for it.</summary>
    public Task KillAsync()
    {
        if (!HasExited) Signal("KILL");
        return WaitForExitAsync();
    }

    /// <summary>The log as one text, for failure messages.</summary>
    public string LogText() => string.Join(Environment.NewLine, Log);

    /// <summary>Kills what still runs and deletes the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!HasExited)
            {
                _process.Kill(entireProcessTree: true);
                await _exited.Task.WaitAsync(_options.Timeout);
            }
        }
        catch (InvalidOperationException)
        {
            // It never started, or ended just now.
        }

        _process.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex(@"Listening for client connections on .*:(\d+)$")]
    private static partial Regex ClientPortLine();

    [GeneratedRegex(@"Starting https? monitor on .*:(\d+)$")]
    private static partial Regex MonitorPortLine();

    [GeneratedRegex("\"(nats|monitoring)\":\\s*\\[\"[^\"]*:(\\d+)\"")]
    private static partial Regex PortsFileEntry();

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);

    // A server that logs to a file or to syslog says nothing on standard error: then the ports file tells.
    private async Task WaitUntilReadyAsync()
    {
        using var watcher = new FileSystemWatcher(Folder, "*.ports") { EnableRaisingEvents = true };
        var written = new SemaphoreSlim(0);
        watcher.Created += (_, _) => written.Release();
        watcher.Changed += (_, _) => written.Release();
        watcher.Renamed += (_, _) => written.Release();
        Task<string> logged = WaitForLogAsync("Server is ready");
        while (!logged.IsCompleted && !(Log.Count == 0 && TryReadPortsFile())) await Task.WhenAny(logged, written.WaitAsync());
        if (logged.IsCompleted)
        {
            await logged;
            ReadPortsFromLog();
            if (Port == 0) TryReadPortsFile();
        }
        else
        {
            _ = logged.ContinueWith(task => task.Exception, TaskScheduler.Default);
        }
    }

    // Completes after both output streams were read to their ends.
    private async Task ObserveExitAsync()
    {
        await _process.WaitForExitAsync();
        _exited.TrySetResult();
    }

    private void ReadPortsFromLog()
    {
        foreach (string line in Log)
        {
            if (ClientPortLine().Match(line) is { Success: true } client) Port = int.Parse(client.Groups[1].Value);
            else if (MonitorPortLine().Match(line) is { Success: true } monitor) MonitorPort = int.Parse(monitor.Groups[1].Value);
        }
    }

    private bool TryReadPortsFile()
    {
        string text;
        try
        {
            text = File.ReadAllText(PortsFile);
        }
        catch (IOException)
        {
            return false;
        }

        if (!text.EndsWith('}')) return false;
        foreach (Match entry in PortsFileEntry().Matches(text))
        {
            int port = int.Parse(entry.Groups[2].Value);
            if (entry.Groups[1].Value == "nats") Port = port;
            else MonitorPort = port;
        }

        return Port != 0;
    }

    private void OnLine(string? line)
    {
        TaskCompletionSource grown;
        lock (_gate)
        {
            if (line is not null) _log.Add(line);
            grown = _grown;
            _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        grown.SetResult();
    }
}
