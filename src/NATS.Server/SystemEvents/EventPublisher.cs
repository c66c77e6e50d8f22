using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Delivery;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Publishes what the server says without being asked, one event after the other, so that their sequences grow as they are published. Thread-safe; what
/// exceeds <see cref="MaxQueued"/> is dropped and logged.
/// </summary>
internal sealed partial class EventPublisher
{
    public const int MaxQueued = 16 * 1024;

    private readonly IConnectionEngine _engine;
    private readonly ILogger _log;
    private readonly SerialQueue<Pending> _queue;
    private readonly ArrayBufferWriter<byte> _json = new(1024);
    private volatile bool _isClosed;

    public EventPublisher(IConnectionEngine engine, ILogger log)
    {
        _engine = engine;
        _log = log;
        _queue = new SerialQueue<Pending>(MaxQueued, Publish);
    }

    /// <summary>Events that wait to be published.</summary>
    public int Queued => _queue.Count;

    /// <summary>Whether anybody would receive it: if not, an event need not be made.</summary>
    public bool IsWanted(Account account, string subject) => !_isClosed && account.HasInterest(Encoding.UTF8.GetBytes(subject));

    /// <summary>Queues an event.</summary>
    /// <param name="account">Where it is published.</param>
    /// <param name="subject">Literal.</param>
    /// <param name="write">Writes its JSON, later and on another thread.</param>
    public void Enqueue(Account account, string subject, Action<Utf8JsonWriter> write)
    {
        if (_isClosed) return;
        if (!_queue.TryEnqueue(new Pending(account, subject, write, Published: null))) Log.Dropped(_log, subject);
    }

    /// <summary>Queues the last event and waits, for a while, until it and all before it are published; later ones are ignored.</summary>
    public async Task CloseAsync(Account account, string subject, Action<Utf8JsonWriter> write, TimeSpan patience)
    {
        if (_isClosed) return;
        _isClosed = true;
        var published = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_queue.TryEnqueue(new Pending(account, subject, write, published))) return;
        try
        {
            await published.Task.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Whoever waits for it learns of the end by the end of its connection.
        }
    }

    private void Publish(Pending pending)
    {
        try
        {
            _json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_json, EventJson.Options)) pending.Write(writer);
            new InternalClient(pending.Account, _engine).Publish(Encoding.UTF8.GetBytes(pending.Subject), default, default, _json.WrittenSpan);
        }
        catch (Exception problem)
        {
            // Whatever is wrong with one event, the next one is published.
            Log.Failed(_log, pending.Subject, problem);
        }
        finally
        {
            pending.Published?.TrySetResult();
        }
    }

    private sealed record Pending(Account Account, string Subject, Action<Utf8JsonWriter> Write, TaskCompletionSource? Published);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many events wait to be published, dropped one on {Subject}")]
        public static partial void Dropped(ILogger logger, string subject);

        [LoggerMessage(Level = LogLevel.Error, Message = "An event on {Subject} could not be published")]
        public static partial void Failed(ILogger logger, string subject, Exception problem);
    }
}
