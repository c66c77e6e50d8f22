using System.Globalization;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace NATS.Server.Host.Logging;

/// <summary>
/// Lines to a syslog daemon. One thread at a time calls <see cref="Write"/>; a thread of its own sends, so that a daemon that is slow or gone never holds up
/// the server: at most <see cref="QueueLimit"/> lines wait, more are counted and the count is sent when there is room again.
/// </summary>
internal sealed class SyslogSink : ILogSink
{
    public const int QueueLimit = 8192;

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly SyslogTarget _target;
    private readonly SyslogFrame _frame;
    private readonly TimeProvider _time;
    private readonly Action<string> _reportTrouble;
    private readonly Channel<byte[]> _queue = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly Thread _sender;
    private Socket? _socket;
    private long _dropped;
    private bool _isFailing;

    /// <summary>Connects.</summary>
    /// <param name="target">The daemon.</param>
    /// <param name="tag">The program's name.</param>
    /// <param name="time">The clock of the messages.</param>
    /// <param name="reportTrouble">Receives what goes wrong later on.</param>
    /// <exception cref="SyslogException">The daemon cannot be reached.</exception>
    public SyslogSink(SyslogTarget target, string tag, TimeProvider time, Action<string> reportTrouble)
    {
        _target = target;
        _time = time;
        _reportTrouble = reportTrouble;
        _frame = new SyslogFrame(target.IsLocal, target.IsMachineLog, Environment.MachineName, tag, Environment.ProcessId);
        _socket = Connect();
        _sender = new Thread(SendAll) { IsBackground = true, Name = "syslog" };
        _sender.Start();
    }

    public void Write(LogLevel level, ReadOnlySpan<char> text)
    {
        if (!_queue.Writer.TryWrite(_frame.Render(_time.GetLocalNow(), level, text)))
            Interlocked.Increment(ref _dropped);
    }

    /// <summary>Sends what waits, within two seconds.</summary>
    public void Dispose()
    {
        _queue.Writer.TryComplete();
        _sender.Join(DrainTimeout);
        Interlocked.Exchange(ref _socket, null)?.Dispose();
    }

    private void SendAll()
    {
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_queue.Reader.TryRead(out var message))
            {
                if (!TrySend(message) && !TryReconnectAndSend(message))
                {
                    Interlocked.Increment(ref _dropped);
                    continue;
                }
                ReportDropped();
            }
        }
    }

    private void ReportDropped()
    {
        _isFailing = false;
        var dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0)
            TrySend(_frame.Render(_time.GetLocalNow(), LogLevel.Warning, string.Create(CultureInfo.InvariantCulture, $"{dropped} log lines were lost")));
    }

    private bool TrySend(byte[] message)
    {
        if (_socket is not { } socket)
            return false;
        try
        {
            for (var sent = 0; sent < message.Length;)
                sent += socket.Send(message.AsSpan(sent));
            return true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            socket.Dispose();
            _socket = null;
            return false;
        }
    }

    private bool TryReconnectAndSend(byte[] message)
    {
        try
        {
            _socket = Connect();
            return TrySend(message);
        }
        catch (SyslogException exception)
        {
            if (!_isFailing)
                _reportTrouble($"syslog cannot be reached, lines are lost: {exception.Message}");
            _isFailing = true;
            return false;
        }
    }

    private Socket Connect()
    {
        var socket = _target.Connect();
        socket.SendTimeout = (int)SendTimeout.TotalMilliseconds;
        return socket;
    }
}
