using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NATS.Server.Bench.Scrape;

/// <summary>
/// Asks a monitoring port, and reads the answer without looking at it, so that little of the machine's time is the asker's. Either from one thread, or again and again
/// on a thread of its own until it is disposed.
/// </summary>
internal sealed class Scraper : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IPEndPoint _monitor;
    private readonly byte[] _request;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread? _thread;

    /// <summary>Prepares to ask.</summary>
    public Scraper(IPEndPoint monitor, string path)
    {
        _monitor = monitor;
        _request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\n\r\n");
    }

    /// <summary>Begins to ask, once per interval.</summary>
    public Scraper(IPEndPoint monitor, string path, TimeSpan interval)
        : this(monitor, path)
    {
        _thread = new Thread(() =>
        {
            // Not at the very beginning, so that a run holds as many whole answers as it has intervals.
            if (_end.Wait(interval / 2)) return;
            do
            {
                Ask();
                Asked++;
            }
            while (!_end.Wait(interval));
        })
        { IsBackground = true, Name = "scraper" };
        _thread.Start();
    }

    /// <summary>Answers so far; to be read when it has ended.</summary>
    public int Asked { get; private set; }

    /// <summary>Bytes of the last answer with its head.</summary>
    public long Length { get; private set; }

    /// <summary>Asks once.</summary>
    /// <returns>How long it took.</returns>
    /// <exception cref="VerificationException">The answer is not good.</exception>
    public TimeSpan Ask()
    {
        var start = Stopwatch.GetTimestamp();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(_monitor);
        socket.Send(_request);
        var (total, isGood) = (0L, false);
        for (int read; (read = socket.Receive(_buffer)) > 0; total += read)
        {
            if (total == 0) isGood = _buffer.AsSpan(0, read).StartsWith("HTTP/1.0 200"u8) || _buffer.AsSpan(0, read).StartsWith("HTTP/1.1 200"u8);
        }

        Length = total;
        return isGood ? Stopwatch.GetElapsedTime(start) : throw new VerificationException($"not answered well: {Encoding.ASCII.GetString(_request).Trim()}");
    }

    public void Dispose()
    {
        _end.Set();
        _thread?.Join();
        _end.Dispose();
    }
}
