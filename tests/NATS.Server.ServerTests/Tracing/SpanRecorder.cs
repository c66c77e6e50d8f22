using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NATS.Server.ServerTests.Tracing;

/// <summary>Listens to the spans of one trace, and of none of the servers that other tests run in this process. Thread-safe.</summary>
[SuppressMessage("Performance", "MA0158", Justification = "waiting and pulsing need a monitor")]
internal sealed class SpanRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly object _gate = new();
    private readonly List<Activity> _spans = [];
    private readonly ActivitySamplingResult _verdict;

    /// <summary>Begins to listen.</summary>
    /// <param name="verdict">What of the spans of its trace is wanted.</param>
    public SpanRecorder(ActivitySamplingResult verdict = ActivitySamplingResult.AllDataAndRecorded)
    {
        _verdict = verdict;
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Nats.Server",
            Sample = Sample,
            ActivityStopped = Keep,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Its trace.</summary>
    public string TraceId { get; } = ActivityTraceId.CreateRandom().ToHexString();

    /// <summary>The span of the application.</summary>
    public string SpanId { get; } = ActivitySpanId.CreateRandom().ToHexString();

    /// <summary>A header block that says so.</summary>
    public string Headers => $"NATS/1.0\r\ntraceparent: 00-{TraceId}-{SpanId}-01\r\n\r\n";

    /// <summary>A message with these headers.</summary>
    public string Publish(string subject, string payload, string reply = "", string headers = "")
    {
        string block = Headers[..^2] + headers + "\r\n";
        return string.Create(CultureInfo.InvariantCulture, $"HPUB {subject} {reply}{(reply.Length > 0 ? " " : "")}{block.Length} {block.Length + payload.Length}\r\n{block}{payload}\r\n");
    }

    /// <summary>So many spans, in the order in which they ended.</summary>
    public IReadOnlyList<Activity> Read(int count)
    {
        lock (_gate)
        {
            while (_spans.Count < count)
            {
                if (!Monitor.Wait(_gate, TimeSpan.FromSeconds(20))) throw new TimeoutException($"{_spans.Count} of {count} spans ended");
            }

            return [.. _spans];
        }
    }

    public void Dispose() => _listener.Dispose();

    private ActivitySamplingResult Sample(ref ActivityCreationOptions<ActivityContext> options) =>
        options.Parent.TraceId.ToHexString() == TraceId ? _verdict : ActivitySamplingResult.None;

    private void Keep(Activity span)
    {
        if (span.TraceId.ToHexString() != TraceId) return;
        lock (_gate)
        {
            _spans.Add(span);
            Monitor.PulseAll(_gate);
        }
    }
}
