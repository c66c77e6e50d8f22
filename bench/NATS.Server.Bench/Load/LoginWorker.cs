using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NATS.Server.Bench.Measurement;
using NATS.Server.Core.Security;

namespace NATS.Server.Bench.Load;

/// <summary>Logs in with a key, over and over, each time on a new connection, and times each login. A thread of its own, blocking.</summary>
internal sealed class LoginWorker(IPEndPoint server)
{
    private const int TimeoutMilliseconds = 20_000;
    private const int SeedByte = 7;

    private static readonly NkeyPair Pair = NkeyPair.Create(NkeyRole.User, Enumerable.Repeat((byte)SeedByte, NkeyPair.SeedSize).ToArray());

    private readonly byte[] _buffer = new byte[4096];

    /// <summary>The public key that the server has to know.</summary>
    public static string PublicKey => Pair.ToString();

    public long Logins { get; private set; }

    public LatencyHistogram Latencies { get; } = new();

    /// <summary>What went wrong; null when nothing did.</summary>
    public string? Failure { get; private set; }

    public void Run(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var start = Stopwatch.GetTimestamp();
                LogIn();
                Latencies.Record(Stopwatch.GetTimestamp() - start);
                Logins++;
            }
        }
        catch (Exception failed) when (failed is SocketException or InvalidDataException)
        {
            Failure = failed.Message;
        }
    }

    private void LogIn()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = TimeoutMilliseconds };
        socket.Connect(server);
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        var info = ReadUntil(socket, "\r\n"u8);
        var signature = Convert.ToBase64String(Pair.Sign(NonceIn(info)));
        socket.Send(Encoding.ASCII.GetBytes($"CONNECT {{\"verbose\":false,\"nkey\":\"{PublicKey}\",\"sig\":\"{signature}\"}}\r\nPING\r\n"));
        if (!ReadUntil(socket, "\r\n"u8).SequenceEqual("PONG\r\n"u8))
        {
            throw new InvalidDataException("a login was refused");
        }
    }

    private static ReadOnlySpan<byte> NonceIn(ReadOnlySpan<byte> info)
    {
        var key = "\"nonce\":\""u8;
        var start = info.IndexOf(key);
        if (start < 0)
        {
            throw new InvalidDataException("the server asks for no signature");
        }

        var rest = info[(start + key.Length)..];
        return rest[..rest.IndexOf((byte)'"')];
    }

    private ReadOnlySpan<byte> ReadUntil(Socket socket, ReadOnlySpan<byte> end)
    {
        var length = 0;
        while (_buffer.AsSpan(0, length).IndexOf(end) < 0)
        {
            var received = socket.Receive(_buffer.AsSpan(length));
            if (received == 0)
            {
                throw new InvalidDataException("the server closed a connection");
            }

            length += received;
        }

        return _buffer.AsSpan(0, length);
    }
}
