using System.Text;
using NATS.Server.Host.Explain;

namespace NATS.Server.UnitTests.Host.Explain;

/// <summary>A server in memory: says a greeting, and something to what the client says. Owned by one test.</summary>
internal sealed class FakeWire : IServerWire
{
    private readonly ServerStream _stream;

    /// <summary>Prepares one.</summary>
    /// <param name="greeting">What it says at first; empty for nothing before TLS.</param>
    /// <param name="answers">What the client says, in part, and what the server says to it. Each once.</param>
    public FakeWire(string greeting, params (string Heard, string Said)[] answers) => _stream = new ServerStream(greeting, answers);

    /// <summary>Bytes that arrive at once.</summary>
    public int Piece { get => _stream.Piece; init => _stream.Piece = value; }

    /// <summary>The server closes the connection when it has nothing more to say.</summary>
    public bool Closes { get => _stream.Closes; init => _stream.Closes = value; }

    /// <summary>What it says after a TLS handshake.</summary>
    public string GreetingOverTls { get; init; } = "";

    /// <summary>What the client has said.</summary>
    public string Heard => _stream.Heard;

    /// <summary>What the client had said when the handshake began; null without one.</summary>
    public string? HeardBeforeTls { get; private set; }

    public bool IsDisposed { get; private set; }

    public Stream Stream => _stream;

    public bool HasCertificate => false;

    public Task<bool> HearsAsync(TimeSpan patience, CancellationToken cancellationToken) => Task.FromResult(_stream.HasMore);

    public Task SecureAsync(CancellationToken cancellationToken)
    {
        HeardBeforeTls = _stream.Heard;
        _stream.Say(GreetingOverTls);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }

    private sealed class ServerStream : Stream
    {
        private readonly List<(string Heard, string Said)> _answers;
        private readonly StringBuilder _heard = new();
        private readonly Queue<byte> _said = new();

        public ServerStream(string greeting, IEnumerable<(string Heard, string Said)> answers)
        {
            _answers = [.. answers];
            Say(greeting);
        }

        public int Piece { get; set; } = int.MaxValue;

        public bool Closes { get; set; }

        public string Heard => _heard.ToString();

        public bool HasMore => _said.Count > 0;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Say(string text)
        {
            foreach (byte one in Encoding.UTF8.GetBytes(text)) _said.Enqueue(one);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_said.Count == 0)
            {
                if (Closes) return 0;
                var never = new TaskCompletionSource<int>();
                await using CancellationTokenRegistration ended = cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
                return await never.Task;
            }

            int count = Math.Min(Math.Min(buffer.Length, Piece), _said.Count);
            for (int i = 0; i < count; i++) buffer.Span[i] = _said.Dequeue();
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            string text = Encoding.UTF8.GetString(buffer.Span);
            _heard.Append(text);
            if (_answers.FindIndex(answer => text.Contains(answer.Heard, StringComparison.Ordinal)) is >= 0 and int at)
            {
                Say(_answers[at].Said);
                _answers.RemoveAt(at);
            }

            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
