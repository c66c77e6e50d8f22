using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace NATS.Server.InteropTests.Telemetry;

/// <summary>A collector that takes OTLP over HTTP and keeps what it gets. Owned by one test; serves one connection after the other.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Channel<(string Path, ProtobufMessage Body)> _received = Channel.CreateUnbounded<(string, ProtobufMessage)>();
    private readonly Task _serving;

    public OtlpReceiver()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>What an exporter is configured with.</summary>
    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The next export to a path; others are forgotten.</summary>
    /// <exception cref="OperationCanceledException">None came in time.</exception>
    public async Task<ProtobufMessage> ReadAsync(string path)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            (string to, ProtobufMessage body) = await _received.Reader.ReadAsync(deadline.Token);
            if (to == path) return body;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                connections.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient owned = client;
        NetworkStream stream = client.GetStream();
        try
        {
            while (true)
            {
                string head = await ReadHeadAsync(stream);
                string path = head.Split(' ')[1];
                byte[] body = new byte[LengthOf(head)];
                await stream.ReadExactlyAsync(body, _end.Token);
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), _end.Token);
                _received.Writer.TryWrite((path, new ProtobufMessage(body)));
            }
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException)
        {
            // The exporter has gone, or the test is over.
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _end.Token);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private static int LengthOf(string head)
    {
        const string name = "Content-Length:";
        string line = head.Split("\r\n").Single(line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        return int.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }
}
