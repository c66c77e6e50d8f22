using System.Globalization;
using System.Security.Authentication;
using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Host.Explain;

/// <summary>A client that logs in and asks one question. Used by one caller.</summary>
internal sealed class NatsConversation : IAsyncDisposable
{
    private const int NoResponders = 503;
    private const int MaximumAnswers = 1000;

    /// <summary>A server that is to be spoken to over TLS and says nothing for so long waits for the handshake.</summary>
    private static readonly TimeSpan GreetingPatience = TimeSpan.FromSeconds(1);

    /// <summary>When several servers are asked and none has answered for so long, all have.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromMilliseconds(500);

    private readonly IServerWire _wire;
    private NatsFrameReader _reader;

    private NatsConversation(IServerWire wire)
    {
        _wire = wire;
        _reader = new NatsFrameReader(wire.Stream);
    }

    public ServerGreeting Server { get; private set; } = new();

    private bool IsSecured { get; set; }

    /// <summary>Logs in.</summary>
    /// <param name="wire">To the server; owned from here on.</param>
    /// <param name="login">Who one is.</param>
    /// <param name="wantsTls">Whether nothing may be said in clear.</param>
    /// <param name="isTlsFirst">Whether the server is known to wait for the handshake.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ExplainException">The server is none, or does not let one in.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="AuthenticationException">TLS failed.</exception>
    public static async Task<NatsConversation> OpenAsync(IServerWire wire, NatsLogin login, bool wantsTls, bool isTlsFirst, CancellationToken cancellationToken)
    {
        var conversation = new NatsConversation(wire);
        try
        {
            await conversation.GreetAsync(wantsTls, isTlsFirst, cancellationToken);
            await conversation.LoginAsync(login, cancellationToken);
            return conversation;
        }
        catch (Exception problem)
        {
            await conversation.DisposeAsync();

            // With TLS 1.3 a client learns from a broken connection that it should have presented something.
            if (conversation.Server.AsksForCertificate && !wire.HasCertificate && problem is IOException or AuthenticationException or ExplainException)
                throw new ExplainException("the server asks for a certificate: --tlscert and --tlskey", inner: problem);
            throw;
        }
    }

    /// <summary>Asks.</summary>
    /// <param name="subject">Whom.</param>
    /// <param name="inbox">Where the answer is to come.</param>
    /// <param name="body">What.</param>
    /// <param name="wantsAll">Whether others may answer after the first one.</param>
    /// <param name="cancellationToken">Ends the waiting for the first answer.</param>
    /// <returns>The answers; none when nobody listens.</returns>
    /// <exception cref="ExplainException">One may not ask, or the server ends it.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<IReadOnlyList<byte[]>> AskAsync(string subject, string inbox, byte[] body, bool wantsAll, CancellationToken cancellationToken)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"SUB {inbox} 1\r\nPUB {subject} {inbox} {body.Length}\r\n"));
        await SendAsync([.. head, .. body, .. "\r\n"u8], cancellationToken);
        var answers = new List<byte[]>();
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (answers.Count < MaximumAnswers && await NextAsync(quiet.Token) is { } frame)
            {
                if (frame.Kind == NatsFrameKind.Error) throw Refused(frame);
                if (frame.Kind != NatsFrameKind.Message) continue;
                if (MessageHeaders.TryGetStatus(frame.Headers, out int status, out _) && status == NoResponders) return answers;
                answers.Add(frame.Payload);
                if (!wantsAll) return answers;
                quiet.CancelAfter(AnswerPatience);
            }
        }
        catch (OperationCanceledException) when (answers.Count > 0)
        {
            return answers;
        }

        return answers.Count > 0 ? answers : throw Closed();
    }

    public ValueTask DisposeAsync() => _wire.DisposeAsync();

    private ExplainException Refused(NatsFrame frame) =>
        new(Server.IsSystemAccount == false ? $"{frame.Text}: the user is in the account {Server.Account} and not in the system account" : frame.Text);

    private static ExplainException Closed() => new("the server closed the connection");

    private async Task GreetAsync(bool wantsTls, bool isTlsFirst, CancellationToken cancellationToken)
    {
        if (isTlsFirst || (wantsTls && !await _wire.HearsAsync(GreetingPatience, cancellationToken))) await SecureAsync(cancellationToken);
        NatsFrame first = await _reader.ReadAsync(cancellationToken) ?? throw Closed();
        if (first.Kind != NatsFrameKind.Info) throw new ExplainException(first.Kind == NatsFrameKind.Error ? first.Text : "it is no NATS server: it does not begin with INFO");
        Server = ServerGreeting.Read(first.Text);
        if (IsSecured) return;
        if (wantsTls && !Server.OffersTls) throw new ExplainException("the server offers no TLS");
        if (wantsTls || Server.RequiresTls) await SecureAsync(cancellationToken);
    }

    private async Task SecureAsync(CancellationToken cancellationToken)
    {
        // What somebody in between has put there must not count as said over TLS.
        if (_reader.HasMore) throw new ExplainException("the server went on in clear where TLS should begin");
        await _wire.SecureAsync(cancellationToken);
        _reader = new NatsFrameReader(_wire.Stream);
        IsSecured = true;
    }

    private async Task LoginAsync(NatsLogin login, CancellationToken cancellationToken)
    {
        await SendAsync([.. ConnectLine.Write(login, Server.Nonce, IsSecured), .. "PING\r\n"u8], cancellationToken);
        while (true)
        {
            NatsFrame frame = await NextAsync(cancellationToken) ?? throw Closed();
            if (frame.Kind == NatsFrameKind.Pong) return;
            if (frame.Kind == NatsFrameKind.Error) throw new ExplainException(login.IsNobody ? $"{frame.Text}: log in with --user and --password, --creds or --nkey" : frame.Text);
        }
    }

    // Answers what has to be answered on the way.
    private async ValueTask<NatsFrame?> NextAsync(CancellationToken cancellationToken)
    {
        NatsFrame? frame = await _reader.ReadAsync(cancellationToken);
        if (frame?.Kind == NatsFrameKind.Ping) await SendAsync("PONG\r\n"u8.ToArray(), cancellationToken);
        else if (frame?.Kind == NatsFrameKind.Info) Server = Server.After(frame.Text);
        return frame;
    }

    private async ValueTask SendAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        await _wire.Stream.WriteAsync(bytes, cancellationToken);
        await _wire.Stream.FlushAsync(cancellationToken);
    }
}
