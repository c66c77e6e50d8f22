using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NATS.Server.Testing;

/// <summary>A web server that answers every request with one status and body. Thread-safe.</summary>
public sealed class OcspHttpResponder : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _accepting;
    private int _requests;

    public OcspHttpResponder()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>How many requests came.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The first line of the last request.</summary>
    public string LastRequest { get; private set; } = "";

    /// <summary>What is answered.</summary>
    public byte[] Body { get; set; } = [];

    public int Status { get; set; } = 200;

    /// <summary>Requests are read and never answered.</summary>
    public bool IsSilent { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<TcpClient>();
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_ending.Token);
                open.Add(client);
                await AnswerAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            foreach (TcpClient client in open) client.Dispose();
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            NetworkStream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            LastRequest = await reader.ReadLineAsync(_ending.Token) ?? "";
            while (await reader.ReadLineAsync(_ending.Token) is { Length: > 0 })
            {
                // The headers say nothing that matters.
            }

            Interlocked.Increment(ref _requests);
            if (IsSilent) return;
            string head = $"HTTP/1.1 {Status} X\r\nContent-Type: application/ocsp-response\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync(Encoding.Latin1.GetBytes(head), _ending.Token);
            await stream.WriteAsync(Body, _ending.Token);
            client.Close();
        }
        catch (IOException)
        {
            // Whoever asked has left.
        }
    }
}
