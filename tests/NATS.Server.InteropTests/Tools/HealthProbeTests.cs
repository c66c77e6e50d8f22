using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using NATS.Server.InteropTests.SystemEvents;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Tools;

/// <summary>
/// What probes and tools are answered while a server is not ready yet. The reference is kept from it by a pipe in the place of a file that it reads, ours by a
/// log that does not return.
/// </summary>
public sealed class HealthProbeTests : IDisposable
{
    private static readonly string[] Targets =
    [
        "/healthz", "/healthz?js-server-only=true", "/healthz?js-enabled-only=true", "/healthz?details=true", "/healthz?js-server-only=true&details=true", "/healthz?stream=x",
        "/healthz?account=$G&stream=ORDERS", "/connz", "/subsz", "/varz",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task While_JetStream_starts_probes_fail_and_monitoring_answers()
    {
        if (!OperatingSystem.IsLinux()) throw new SkippedTestException("pipes in directories are Linux's");
        string[] reference = await AskReferenceAsync();
        Assert.Contains(reference, static answer => answer.StartsWith("/healthz 500 ", StringComparison.Ordinal));
        Assert.Equal(reference, await AskOursAsync());
    }

    private async Task<string[]> AskReferenceAsync()
    {
        string store = Path.Combine(_folder.Path, "reference");
        var options = new ServerProcessOptions { Config = $"server_name: S\nhttp: \"127.0.0.1:-1\"\nno_sys_acc: true\njetstream: {{ store_dir: \"{store}\", max_memory_store: 64MB, max_file_store: 1GB }}\n" };
        await using (ServerProcess process = await ReferenceServer.StartAsync(options))
        {
            await using (RawClient client = await RawClient.HandshakeAsync(process.Port)) await ToolSetUp.FillAsync(client);
            await process.StopAsync();
        }

        string metadata = Directory.EnumerateFiles(store, "meta.inf", SearchOption.AllDirectories).Single(static path => path.EndsWith("ORDERS/meta.inf", StringComparison.Ordinal));
        File.Delete(metadata);
        using (Process made = Process.Start("mkfifo", [metadata])) await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        await using ServerProcess starting = await ReferenceServer.StartAsync(options with { WaitUntilReady = false });
        string line = await starting.WaitForLogAsync("Starting http monitor on");
        await starting.WaitForLogAsync("Store Directory");
        string[] answers = await AskAllAsync(line);
        await starting.KillAsync();
        return answers;
    }

    private async Task<string[]> AskOursAsync()
    {
        var options = new ServerOptions
        {
            ServerName = "S",
            Host = "127.0.0.1",
            Port = ServerOptions.RandomPort,
            HttpHost = "127.0.0.1",
            HttpPort = ServerOptions.RandomPort,
            NoSystemAccount = true,
            JetStream = new JetStreamOptions { StoreDirectory = Path.Combine(_folder.Path, "ours"), MaxMemory = 64 << 20, MaxStorage = 1 << 30 },
        };
        using var log = new HaltingLog("Store Directory");
        Task<NatsServer> starting = Task.Run(() => NatsServer.StartAsync(options, new NatsServerServices { LoggerFactory = log }));
        await log.Halted;
        string[] answers = await AskAllAsync(log.Lines.Single(static line => line.StartsWith("Starting http monitor on", StringComparison.Ordinal)));
        log.GoOn();
        await using NatsServer server = await starting;
        return answers;
    }

    private static async Task<string[]> AskAllAsync(string line)
    {
        int port = int.Parse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
        using var http = new HttpClient();
        var answers = new List<string>();
        foreach (string target in Targets)
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{target}"), TestContext.Current.CancellationToken);
            string body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

            // The figures of a server are compared elsewhere; here it is that they are told.
            string seen = target == "/varz" ? body[..body.IndexOf(':', StringComparison.Ordinal)] : EventShape.Of(body, ToolSetUp.Figures);
            answers.Add($"{target} {(int)answer.StatusCode} {answer.Content.Headers.ContentType} {seen}");
        }

        return [.. answers];
    }

    /// <summary>A log that does not return from one line until it is told to. Thread-safe.</summary>
    private sealed class HaltingLog(string text) : ILoggerFactory, ILogger
    {
        private readonly TaskCompletionSource _halted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _goesOn = new();

        public ConcurrentQueue<string> Lines { get; } = [];

        public Task Halted => _halted.Task;

        public void GoOn() => _goesOn.Set();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string line = formatter(state, exception);
            Lines.Enqueue(line);
            if (!line.Contains(text, StringComparison.Ordinal)) return;
            _halted.TrySetResult();
            _goesOn.Wait(TimeSpan.FromMinutes(1));
        }

        public void Dispose()
        {
            _goesOn.Set();
            _halted.TrySetCanceled();
        }
    }
}
