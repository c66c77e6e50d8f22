using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace NATS.Server.Testing.Transcripts;

/// <summary>
/// Owned by one test. Plays a script against a server and writes down what happened. Nothing waits for time to pass: PING and PONG are the barriers,
/// and the end of a connection is read, not assumed.
/// </summary>
public sealed partial class TranscriptRunner
{
    private const int BarrierRounds = 2;
    private const int SlowReceiveBufferBytes = 4096;
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(20);

    private readonly TranscriptScript _script;
    private readonly ServerProcess _server;
    private readonly SortedDictionary<string, RawClient> _connections = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hungUp = new(StringComparer.Ordinal);
    private readonly List<string> _serverNotes = [];
    private readonly Dictionary<string, string> _replies = new(StringComparer.Ordinal);
    private readonly Dictionary<RawClient, int> _repliesTaken = [];

    private TranscriptRunner(TranscriptScript script, ServerProcess server)
    {
        _script = script;
        _server = server;
    }

    /// <summary>Sends every byte by itself.</summary>
    private bool ByteByByte { get; init; }

    /// <summary>Starts a server of its own for the script, plays it, and returns the note.</summary>
    /// <param name="executable">The reference or our server.</param>
    /// <param name="script">The script.</param>
    /// <param name="byteByByte">Sends every byte by itself instead of every step.</param>
    /// <exception cref="TimeoutException">A step waited in vain; the message names its line and what had arrived.</exception>
    public static async Task<string> PlayAsync(string executable, TranscriptScript script, bool byteByByte = false)
    {
        ArgumentNullException.ThrowIfNull(script);
        await using ServerProcess server = await ServerProcess.StartAsync(
            executable,
            new ServerProcessOptions { Arguments = script.Arguments, Config = script.Config });
        return await PlayAsync(server, script, byteByByte);
    }

    /// <summary>Plays a script against a running server that nobody else uses, and returns the note.</summary>
    /// <exception cref="TimeoutException">A step waited in vain; the message names its line and what had arrived.</exception>
    public static async Task<string> PlayAsync(ServerProcess server, TranscriptScript script, bool byteByByte = false)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(script);
        var runner = new TranscriptRunner(script, server) { ByteByByte = byteByByte };
        try
        {
            return await runner.PlayAsync();
        }
        finally
        {
            foreach (RawClient connection in runner._connections.Values) await connection.DisposeAsync();
        }
    }

    private async Task<string> PlayAsync()
    {
        foreach (TranscriptStep step in _script.Steps)
        {
            try
            {
                await PlayAsync(step);
            }
            catch (Exception problem) when (problem is TimeoutException or InvalidOperationException)
            {
                throw new TimeoutException($"{_script.Name}:{step.Line}: {problem.Message}", problem);
            }
        }

        var note = new StringBuilder();
        HashSet<string> closedByServer = await FinishAsync();
        HashSet<string> merged = [.. _script.Merged.SelectMany(group => group), .. _script.Ignored];
        foreach ((string name, RawClient connection) in _connections)
        {
            if (!merged.Contains(name)) Append(note, name, Lines(connection));
            note.Append(name).Append(" is ").AppendLine(_hungUp.Contains(name) ? "hung up" : closedByServer.Contains(name) ? "closed by the server" : "open");
        }

        foreach (IReadOnlyList<string> group in _script.Merged)
        {
            IEnumerable<string> lines = group.SelectMany(name => Lines(_connections[name]));
            Append(note, string.Join('+', group), lines.Order(StringComparer.Ordinal));
        }

        foreach (string line in _serverNotes) note.AppendLine(line);
        return note.ToString();
    }

    private async Task PlayAsync(TranscriptStep step)
    {
        switch (step.Action)
        {
            case TranscriptAction.Log:
                _serverNotes.Add("log: " + TranscriptNote.LogLine(await _server.WaitForLogAsync(step.Text, timeout: ReadTimeout)));
                return;
            case TranscriptAction.Reload:
                await ReloadAsync(step.Text);
                return;
        }

        if (!_connections.TryGetValue(step.Connection, out RawClient? connection))
        {
            int receiveBufferBytes = step.Action == TranscriptAction.Slow ? SlowReceiveBufferBytes : 0;
            connection = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _server.Port), receiveBufferBytes);
            connection.Timeout = ReadTimeout;
            _connections.Add(step.Connection, connection);
            await ReadOrCloseAsync(connection, "\r\n");
        }

        switch (step.Action)
        {
            case TranscriptAction.Send:
                for (int i = 0; i < step.Count; i++) await SendAsync(connection, WithReplies(step.Text));
                break;
            case TranscriptAction.Ping:
                await BarrierAsync(connection);
                break;
            case TranscriptAction.Until:
                await connection.ReadUntilAsync(step.Text);
                break;
            case TranscriptAction.Closed:
                await connection.ReadToCloseAsync();
                break;
            case TranscriptAction.Reply:
                _replies[step.Text] = await NextReplyAsync(connection);
                break;
            case TranscriptAction.HangUp:
                _hungUp.Add(step.Connection);
                await connection.DisposeAsync();
                break;
        }
    }

    // Every message that any connection caused is on its way before the second round begins, so the second round's PONGs come after all of them.
    private async Task<HashSet<string>> FinishAsync()
    {
        IEnumerable<KeyValuePair<string, RawClient>> ours = _connections.Where(x => !_hungUp.Contains(x.Key)).ToList();
        for (int round = 0; round < BarrierRounds; round++)
        {
            foreach ((string name, RawClient connection) in ours)
            {
                try
                {
                    await BarrierAsync(connection);
                }
                catch (TimeoutException problem)
                {
                    throw new TimeoutException($"{_script.Name}: last PING of {name}: {problem.Message}", problem);
                }
            }
        }

        HashSet<string> closedByServer = [.. ours.Where(x => x.Value.IsClosed).Select(x => x.Key)];
        foreach ((_, RawClient connection) in ours)
        {
            if (connection.IsClosed) continue;
            connection.ShutdownSend();
            await connection.ReadToCloseAsync();
        }

        return closedByServer;
    }

    private string WithReplies(string text)
    {
        foreach ((string name, string reply) in _replies) text = text.Replace("{" + name + "}", reply, StringComparison.Ordinal);
        return text;
    }

    /// <summary>The first reply subject of a service import that the connection has been given and that no earlier step took.</summary>
    private async Task<string> NextReplyAsync(RawClient connection)
    {
        int taken = _repliesTaken.GetValueOrDefault(connection);
        while (true)
        {
            MatchCollection replies = ServiceReply().Matches(connection.Received);
            if (replies.Count > taken)
            {
                _repliesTaken[connection] = taken + 1;
                return replies[taken].Groups["reply"].Value;
            }

            await connection.ReadUntilAsync("\r\n");
        }
    }

    [GeneratedRegex(@"^H?MSG \S+ \S+ (?<reply>_R_\.\S+) \d+( \d+)?\r$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex ServiceReply();

    private async Task ReloadAsync(string config)
    {
        int from = _server.Log.Count;
        _server.WriteConfig(config);
        _server.Signal("HUP");
        await _server.WaitForLogAsync("server configuration", from: await LineAfterAsync("Trapped \"hangup\" signal", from), ReadTimeout);
    }

    private async Task<int> LineAfterAsync(string text, int from)
    {
        await _server.WaitForLogAsync(text, from, ReadTimeout);
        return _server.Log.Skip(from).TakeWhile(line => !line.Contains(text, StringComparison.Ordinal)).Count() + from + 1;
    }

    private async Task BarrierAsync(RawClient connection)
    {
        if (connection.IsClosed) return;
        await SendAsync(connection, "PING\r\n");
        await ReadOrCloseAsync(connection, "PONG\r\n");
    }

    // A server that has closed answers a send with a reset; what it said before is still there to be read.
    private async Task SendAsync(RawClient connection, string text)
    {
        if (text.Contains("%{", StringComparison.Ordinal)) text = TranscriptKeys.Expand(text, TranscriptKeys.NonceIn(connection.Received));
        try
        {
            if (ByteByByte) await connection.SendByteByByteAsync(text);
            else await connection.SendAsync(text);
        }
        catch (IOException)
        {
        }
    }

    private IEnumerable<string> Lines(RawClient connection) => TranscriptNote.Lines(connection.Received, _script.KeepsPings, _script.KeepsWholeInfo);

    private static async Task ReadOrCloseAsync(RawClient connection, string text)
    {
        try
        {
            await connection.ReadUntilAsync(text);
        }
        catch (EndOfStreamException)
        {
        }
    }

    private static void Append(StringBuilder note, string name, IEnumerable<string> lines)
    {
        foreach (string line in lines) note.Append(name).Append(' ').AppendLine(line);
    }
}
