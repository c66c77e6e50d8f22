using System.Net;
using System.Net.Sockets;

namespace NATS.Server.Connections;

/// <summary>Runs connections. Which engine it is makes no difference to sessions. Thread-safe.</summary>
internal interface IConnectionEngine : IDisposable
{
    /// <summary>Every context that ever handled a batch, for summing counters.</summary>
    IReadOnlyList<LoopContext> Contexts { get; }

    /// <summary>A context for a thread that has no batch of its own and wants to publish; give it back with <see cref="Return"/>.</summary>
    LoopContext Rent();

    /// <summary>Sends what the batch staged and takes the context back.</summary>
    void Return(LoopContext context);

    /// <summary>Accepts connections from a bound, listening socket until the returned handle is disposed.</summary>
    /// <param name="listener">A listening socket; the engine owns it from here on.</param>
    /// <param name="accepted">Called for each accepted connection, before anything is read; sets its handler. False refuses it.</param>
    /// <param name="acceptError">Called when accepting failed for a passing reason, with what failed and the pause that follows.</param>
    IDisposable Accept(Socket listener, Func<Connection, bool> accepted, Action<string, TimeSpan> acceptError);

    /// <summary>Serves a stream, such as the server's end of an in-process connection.</summary>
    /// <param name="stream">Owned by the connection from here on.</param>
    /// <param name="remote">The peer's address; null inside the process.</param>
    /// <param name="accepted">Sets the handler. False refuses the stream.</param>
    void Serve(Stream stream, IPEndPoint? remote, Func<Connection, bool> accepted);
}

/// <summary>The clock of an engine: monotonic milliseconds for deadlines, UTC for what people see.</summary>
internal sealed class EngineClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeProvider Time => time;

    public long NowMs => (long)time.GetElapsedTime(_start).TotalMilliseconds + 1;

    public DateTimeOffset UtcNow => time.GetUtcNow();

    /// <summary>Stamps a context at the start of a batch.</summary>
    public void Stamp(LoopContext loop)
    {
        loop.NowMs = NowMs;
        loop.UtcTicks = time.GetUtcNow().UtcTicks;
    }
}
