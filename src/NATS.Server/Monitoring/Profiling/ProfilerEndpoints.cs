using System.Globalization;
using System.Text;
using NATS.Server.Monitoring.Http;

namespace NATS.Server.Monitoring.Profiling;

/// <summary>
/// What the profiling port answers. Thread-safe. The paths are the reference's; what they answer is what .NET has: text about threads, and traces in the format
/// <c>nettrace</c>, which dotnet-trace, PerfView and Visual Studio read. One trace at a time.
/// </summary>
/// <param name="monitor">Knows threads and command line.</param>
/// <param name="time">The clock.</param>
internal sealed class ProfilerEndpoints(ServerMonitor monitor, TimeProvider time) : IDisposable
{
    private const string Root = "/debug/pprof/";
    private const string Binary = "application/octet-stream";
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const int DefaultSeconds = 30;
    private const int MaximumSeconds = 300;
    private const int MaximumBytes = 256 * 1024 * 1024;

    // Names of methods, so that samples can be read.
    private const ulong Methods = 0x14C14FCCBD;

    private static readonly Profile[] Traces =
    [
        new("profile", "samples of all threads, a thousand a second", [new EventProvider("Microsoft-DotNETCore-SampleProfiler", 0xF00000000000), new EventProvider(Runtime, Methods)]),
        new("allocs", "samples of what is allocated, one per 100 kB or so", [new EventProvider(Runtime, 0x1 | 0x200000 | 0x8000000000, Level: 5)]),
        new("block", "locks that were waited for", [new EventProvider(Runtime, 0x4000)]),
        new("mutex", "locks that were waited for", [new EventProvider(Runtime, 0x4000)]),
        new("trace", "garbage collections, locks, threads and exceptions", [new EventProvider(Runtime, 0x1 | 0x4000 | 0x8000 | 0x10000)]),
    ];

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Answers one request.</summary>
    public async ValueTask<HttpResponse> RespondAsync(HttpRequest request, CancellationToken cancellation)
    {
        string path = UrlPath.Clean(request.RawPath);
        if (path is "/debug/pprof") return new HttpResponse(301, null, ReadOnlyMemory<byte>.Empty) { ExtraHeaders = $"Location: {Root}\r\n" };
        string name = path.StartsWith(Root, StringComparison.Ordinal) ? path[Root.Length..] : "?";
        switch (name)
        {
            case "":
                return new HttpResponse(200, HttpResponse.Html, Encoding.UTF8.GetBytes(Index()));
            case "cmdline":
                return HttpResponse.Text(200, string.Join('\0', monitor.Server.CommandLine));
            case "goroutine" or "threadcreate":
                return HttpResponse.Text(200, monitor.Stacksz());
            case "heap":
                return HttpResponse.Text(501, string.Create(CultureInfo.InvariantCulture, $"what the heap holds is looked at from outside: dotnet-gcdump collect -p {Environment.ProcessId}\n"));
        }

        if (Array.Find(Traces, trace => trace.Name == name) is not { } profile) return HttpResponse.Text(404, "Unknown profile\n");
        var query = new QueryReader(request.RawQuery);
        long seconds = query.Text("seconds").Length == 0 ? DefaultSeconds : query.Int("seconds");
        if (query.Error is { } error) return HttpResponse.Text(400, error + "\n");
        if (seconds is <= 0 or > MaximumSeconds) return HttpResponse.Text(400, $"seconds should be between 1 and {MaximumSeconds}\n");
        return await TraceAsync(profile, TimeSpan.FromSeconds(seconds), cancellation);
    }

    public void Dispose() => _one.Dispose();

    private async Task<HttpResponse> TraceAsync(Profile profile, TimeSpan duration, CancellationToken cancellation)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, cancellation)) return HttpResponse.Text(500, "Could not enable profiling: already in use\n");
        try
        {
            byte[] trace = await DiagnosticPort.CollectAsync(profile.Providers, duration, MaximumBytes, time, cancellation);
            return new HttpResponse(200, Binary, trace)
            {
                ExtraHeaders = $"X-Content-Type-Options: nosniff\r\nContent-Disposition: attachment; filename=\"{profile.Name}.nettrace\"\r\n",
            };
        }
        catch (IOException problem)
        {
            return HttpResponse.Text(500, $"Could not enable profiling: {problem.Message}\n");
        }
        finally
        {
            _one.Release();
        }
    }

    private static string Index()
    {
        var page = new StringBuilder("<html>\n<head><title>/debug/pprof/</title></head>\n<body>\n<p>Traces of .NET (nettrace): <code>?seconds=N</code>, 30 unless said otherwise</p>\n<ul>\n");
        foreach (Profile trace in Traces) page.Append(CultureInfo.InvariantCulture, $"<li><a href=\"{trace.Name}?seconds=10\">{trace.Name}</a>: {trace.Text}</li>\n");
        return page.Append("<li><a href=\"goroutine?debug=2\">goroutine</a>: threads</li>\n<li><a href=\"cmdline\">cmdline</a></li>\n</ul>\n</body>\n</html>\n").ToString();
    }

    private sealed record Profile(string Name, string Text, EventProvider[] Providers);
}
