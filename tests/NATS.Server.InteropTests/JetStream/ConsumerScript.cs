using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>
/// Owned by one test. What clients say to a server, and what it says to them, written down so that the same script on another server can be compared: times and ids are left out, and within a step the
/// messages are in the order of the subscriptions, since only messages of one subscription have one.
/// </summary>
internal sealed partial class ConsumerScript(RawClient client) : IAsyncDisposable
{
    // How often the real server is asked.
    private const int ReferenceRuns = 3;

    private readonly StringBuilder _log = new();
    private readonly List<string> _replies = [];
    private readonly List<(string Sid, string Text)> _early = [];
    private int _requests;

    /// <summary>The transcript so far.</summary>
    public string Log => _log.ToString();

    /// <summary>The reply subjects of the messages that were delivered, in their order.</summary>
    public IReadOnlyList<string> Replies => _replies;

    /// <summary>Runs a script on the real server and on ours: what both say is the same.</summary>
    public static Task CompareAsync(Func<ConsumerScript, Task> script, string config = "") => CompareAsync(config, [""], runs => script(runs[0]));

    /// <summary>Runs a script with a client of each of some users on the real server and on ours: what both hear is the same.</summary>
    /// <remarks>
    /// The real server tells its consumers of messages by and by, and what it says of what is pending may lag behind. Where ours, which ran once, says something else, the real one is asked again.
    /// </remarks>
    public static async Task CompareAsync(string config, string[] users, Func<ConsumerScript[], Task> script)
    {
        var options = new ServerProcessOptions { Config = "server_name: SERVER\njetstream { store_dir: $FOLDER/js, sync_interval: 2m }\n" + config };
        string actual;
        await using (ServerProcess ours = await OurServer.StartAsync(options)) actual = await RunAsync(ours, users, script);
        string expected = "";
        for (int run = 0; run < ReferenceRuns && expected != actual; run++)
        {
            await using ServerProcess reference = await ReferenceServer.StartAsync(options);
            expected = await RunAsync(reference, users, script);
        }

        AssertSame(expected, actual);
    }

    /// <summary>Runs a script with a client of each of some users.</summary>
    /// <returns>What they have heard.</returns>
    public static async Task<string> RunAsync(ServerProcess server, string[] users, Func<ConsumerScript[], Task> script)
    {
        ConsumerScript[] runs = [];
        foreach (string user in users) runs = [.. runs, new ConsumerScript(await ConnectAsync(server, user.Length == 0 ? "" : $",\"user\":\"{user}\",\"pass\":\"p\""))];
        string problem = "";
        try
        {
            await script(runs);
        }
        catch (TimeoutException late)
        {
            problem = "TIMEOUT " + late.Message;
        }

        string log = string.Concat(runs.Select(static run => run.Log + "====\n")) + problem;
        foreach (ConsumerScript run in runs) await run.DisposeAsync();
        return log;
    }

    /// <summary>Fails at the first line in which two transcripts differ, and shows both.</summary>
    public static void AssertSame(string expected, string actual)
    {
        Assert.DoesNotContain("TIMEOUT", expected, StringComparison.Ordinal);
        string[] theirs = expected.Split('\n');
        string[] ours = actual.Split('\n');
        for (int i = 0; i < Math.Min(theirs.Length, ours.Length); i++)
        {
            // All of both, since what was said before tells why.
            if (theirs[i] != ours[i]) Assert.Fail($"line {i}\n  theirs: {theirs[i]}\n  ours:   {ours[i]}\n\n{expected}\n\n{actual}");
        }

        Assert.Equal(theirs.Length, ours.Length);
    }

    /// <summary>Writes something down.</summary>
    public void Note(string text) => _log.Append(text).Append('\n');

    /// <summary>Sends lines of the protocol: <c>|</c> stands for the end of a line, <c>{ack:n}</c> for the reply of the n-th delivered message, from 0; negative ones count from the last.</summary>
    public Task SendAsync(string text)
    {
        string sent = Acknowledged().Replace(text, match =>
        {
            int index = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            return _replies[index < 0 ? _replies.Count + index : index];
        });
        return client.SendAsync(sent.Replace("|", "\r\n", StringComparison.Ordinal));
    }

    /// <summary>Publishes, and waits until it is stored.</summary>
    public async Task PublishAsync(string subject, string payload = "", string headers = "")
    {
        headers = headers.Replace("|", "\r\n", StringComparison.Ordinal);
        string reply = $"api.{++_requests}";
        string head = headers.Length > 0 ? $"HPUB {subject} {reply} {headers.Length} {headers.Length + payload.Length}" : $"PUB {subject} {reply} {payload.Length}";
        await client.SendAsync($"SUB {reply} {reply}\r\n{head}\r\n{headers}{payload}\r\nUNSUB {reply} 1\r\n");
        await AnswerAsync(reply);
    }

    /// <summary>Waits for messages and writes them down.</summary>
    /// <param name="count">How many have to come.</param>
    /// <param name="text">And what the last one has to contain.</param>
    public async Task ExpectAsync(int count, string text = "")
    {
        List<(string Sid, string Text)> frames = [.. _early];
        _early.Clear();
        while (frames.Count < count || (text.Length > 0 && !frames.Any(frame => frame.Text.Contains(text, StringComparison.Ordinal)))) await ReadFrameAsync(frames);
        await client.SendAsync("PING\r\n");
        while (await ReadFrameAsync(frames))
        {
        }

        foreach ((_, string frame) in frames.OrderBy(static frame => frame.Sid, StringComparer.Ordinal)) _log.Append(frame).Append('\n');
        _log.Append("--\n");
    }

    /// <summary>Asks the API and writes the answer down.</summary>
    /// <param name="subject">Behind <c>$JS.API.</c>.</param>
    /// <param name="body">The request.</param>
    /// <returns>The answer.</returns>
    public async Task<string> AskAsync(string subject, string body = "")
    {
        string answer = await RequestAsync(subject, body);
        _log.Append($"{subject} {answer[(answer.IndexOf("  ", StringComparison.Ordinal) + 2)..]}\n");
        return answer;
    }

    /// <summary>Asks a question and keeps the answer out of the transcript, as often as it takes.</summary>
    public Task WaitAsync(string subject, string contains) =>
        Eventually.TrueAsync(async () => (await RequestAsync(subject, "")).Contains(contains, StringComparison.Ordinal), contains);

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private static async Task<RawClient> ConnectAsync(ServerProcess server, string user)
    {
        RawClient client = await RawClient.ConnectAsync(server.Port);
        await client.ReadLineAsync();
        await client.SendAsync($"CONNECT {{\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true{user}}}\r\n");
        await client.PingAsync();
        return client;
    }

    private async Task<string> RequestAsync(string subject, string body)
    {
        string reply = $"api.{++_requests}";
        await client.SendAsync($"SUB {reply} {reply}\r\nPUB $JS.API.{subject} {reply} {body.Length}\r\n{body}\r\nUNSUB {reply} 1\r\n");
        return await AnswerAsync(reply);
    }

    // What comes meanwhile for others is not lost.
    private async Task<string> AnswerAsync(string reply)
    {
        List<(string Sid, string Text)> frames = [];
        while (!frames.Any(frame => frame.Sid == reply)) await ReadFrameAsync(frames);
        _early.AddRange(frames.Where(frame => frame.Sid != reply));
        return frames.First(frame => frame.Sid == reply).Text;
    }

    private static string Plain(string text)
    {
        text = AckTime().Replace(text, "$1.T.");
        text = FlowToken().Replace(text, "$1.F");
        text = Pin().Replace(text, "Nats-Pin-Id: P");
        text = Source().Replace(text, "Nats-Stream-Source: S");
        text = JsonId().Replace(text, "\"$1\":\"I\"");
        text = JsonTime().Replace(text, "\"$1\":\"T\"");
        return JsonNumber().Replace(text, "\"$1\":N");
    }

    // False at the PONG.
    private async Task<bool> ReadFrameAsync(List<(string Sid, string Text)> frames)
    {
        if (await client.TryReadMessageAsync() is not { } message) return false;
        string reply = message.Reply;
        if (reply.StartsWith("$JS.ACK", StringComparison.Ordinal) || reply.StartsWith("$JS.FC", StringComparison.Ordinal)) _replies.Add(reply);
        frames.Add((message.Sid, Plain($"{message.Sid} {message.Subject} {reply} {message.Text.Replace("\r\n", "|", StringComparison.Ordinal)}")));
        return true;
    }

    [GeneratedRegex(@"\{ack:(-?\d+)\}")]
    private static partial Regex Acknowledged();

    [GeneratedRegex(@"(\$JS\.ACK\.[^ ]+\.\d+\.\d+\.\d+)\.\d{15,}\.")]
    private static partial Regex AckTime();

    [GeneratedRegex(@"(\$JS\.FC\.[^ |]+)\.[0-9A-Za-z]{4}(?![0-9A-Za-z])")]
    private static partial Regex FlowToken();

    [GeneratedRegex("Nats-Pin-Id: [0-9A-Za-z]+")]
    private static partial Regex Pin();

    [GeneratedRegex(@"Nats-Stream-Source: [^|]+")]
    private static partial Regex Source();

    [GeneratedRegex("\"(id|pinned_id|pinned_client_id)\":\"[0-9A-Za-z]+\"")]
    private static partial Regex JsonId();

    [GeneratedRegex("\"(timestamp|created|ts|last_active|pinned_ts|time|first_ts|last_ts|start|end)\":\"[^\"]+\"")]
    private static partial Regex JsonTime();

    [GeneratedRegex("\"(pause_remaining|ack_time|rtt|id|bytes|blocks|block_size)\":\\d+")]
    private static partial Regex JsonNumber();
}
