using System.Text;
using NATS.Server.Core.Protocol;
using Xunit;

namespace NATS.Server.UnitTests.Protocol;

/// <summary>
/// However the network cuts a stream into pieces, the handler is called for the same operations, errors are found at the same byte, and no publish
/// line is seen twice.
/// </summary>
public sealed class NatsParserCorpusTests
{
    // Long enough for the vectorised path of whatever stands before it.
    private const string Filler = "PING\r\nPONG\r\n+OK\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\n";
    private const int ControlLine = 80;

    private static readonly string Long = new('x', 60);

    public static TheoryData<string> Streams => new(Corpus().SelectMany(static input => new[] { input, input + Filler }));

    private static IEnumerable<string> Corpus()
    {
        // The verbs, as clients send them.
        yield return "CONNECT {\"verbose\":false,\"user\":\"a\\\"b\"}\r\nPING\r\n";
        yield return "PING\r\nPONG\r\n+OK\r\nINFO {\"a\":1}\r\n-ERR 'oh no'\r\n";
        yield return "SUB foo 1\r\nSUB foo.* queue 2\r\nUNSUB 1\r\nUNSUB 2 10\r\n";
        yield return "PUB foo 5\r\nhello\r\nPUB foo reply 5\r\nhello\r\nPUB foo 0\r\n\r\n";
        yield return "HPUB foo 12 17\r\nNATS/1.0\r\n\r\nhello\r\nHPUB foo reply 12 12\r\nNATS/1.0\r\n\r\n\r\n";
        yield return "PUB a 1\r\nx\r\nPUB b 2\r\nxy\r\nPUB c 3\r\nxyz\r\nSUB d 4\r\nPUB e 5\r\n12345\r\n";

        // Odd spellings that are accepted.
        yield return "ping\r\npOnG\r\n+oK\r\nsub foo 1\r\nUnSub 1\r\npub foo 2\r\nhi\r\nhpub foo 12 14\r\nNATS/1.0\r\n\r\nhi\r\nconnect {}\r\ninfo {}\r\n-err x\r\n";
        yield return "PUB\tfoo\t2\r\nhi\r\nPUB  foo   2 \r\nhi\r\nPUB foo\t reply 2\t\r\nhi\r\nPUB foo 02\r\nhi\r\n";
        yield return "HPUB\tfoo 12\t14\r\nNATS/1.0\r\n\r\nhi\r\nHPUB foo 0 2\r\nhi\r\nHPUB foo bar  0 0\r\n\r\n";
        yield return "PING\nSUB foo 1\nPUB foo 2\nhi\r\nPING whatever\r\nPONGwhatever\n+OKAY\r\n";
        yield return "CONNECT{}\r\nCONNECT \t {}\r\nINFO{}\r\nSUB \t foo \t 1 \t \r\n";
        yield return "SUB foo\rbar 1\r\nPUB fo\ro 2\r\nhi\r\n";
        yield return "PING\r\r\n\n";
        yield return "SUB \r\n";
        yield return "SUB \n\r\n";
        yield return "UNSUB \r\r\n";

        // Payloads that look like protocol.
        yield return "PUB foo 14\r\nPING\r\nPUB x\r\n\r\nPING\r\n";
        yield return "PUB foo 2\r\n\r\n\r\nPUB foo 4\r\n\r\n\r\n\r\n";
        yield return "HPUB foo 22 28\r\nNATS/1.0\r\nA: b\r\n\r\n\r\n\r\nPING\r\n\r\n";

        // Lines and payloads too long for the vector path, and around its edges.
        yield return $"PUB {Long} 2\r\nhi\r\nPUB {Long}a 2\r\nhi\r\nPUB {Long}ab 2\r\nhi\r\nPUB {Long[..59]} 2\r\nhi\r\nPUB {Long[..58]} 2\r\nhi\r\n";
        yield return $"HPUB {Long[..50]} reply.to.me 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHPUB {Long[..40]} reply 12 14\r\nNATS/1.0\r\n\r\nhi\r\n";
        yield return $"PUB foo 300\r\n{new string('y', 300)}\r\nPUB foo reply 130\r\n{new string('\n', 130)}\r\n";

        // Arguments around max_control_line (80 here).
        yield return $"PUB {new string('s', 78)} 1\r\nx\r\n";
        yield return $"PUB {new string('s', 79)} 1\r\nx\r\n";
        yield return $"SUB {new string('s', 78)} 1\r\nPING\r\n";
        yield return $"SUB {new string('s', 78)} 1\nPING\r\n";
        yield return $"SUB {new string('s', 79)} 1\nPING\r\n";
        yield return $"SUB {new string('s', 79)} 1\r\nPING\r\n";
        yield return $"SUB {new string('s', 200)}";
        yield return $"PUB{new string(' ', 80)}a 1\r\nx\r\n";
        yield return $"PUB{new string(' ', 81)}a 1\r\nx\r\n";
        yield return $"CONNECT {new string('{', 81)}\r\n";
        yield return $"-ERR {new string('e', 90)}\r\n";
        yield return $"PING{new string('p', 500)}\r\nPING\r\n";

        // Errors.
        foreach (string bad in new[]
        {
            "X", "PX\r\n", "PUX\r\n", "PIX\r\n", "POX\r\n", "PUBfoo 1\r\nx\r\n", "PUB\r\n", "SUBfoo 1\r\n", "SUX", "UNSUBx", "UX", "HPUX", "HPUBx", "HX", "+X", "+OX", "-X",
            "-ERX", "-ERRx", "CONNEXT {}\r\n", "CX", "IX", "INFX {}\r\n", "\r\n", "\n", " PING\r\n", "\0", "GET / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001\u0002\0\u0001",
            "RS+ a\r\n", "RMSG a b 1\r\nx\r\n", "LS+ a\r\n", "LMSG a\r\n", "A+ acc\r\n", "MSG foo 1 1\r\nx\r\n", "HMSG foo",
            "PUB foo 5\r\nhelloX\r\n", "PUB foo 5\r\nhello\rX", "PUB foo 5\r\nhello\n", "PUB foo 5\r\nhello world\r\n", "HPUB foo 1 2\r\nabX\r\n",
            "PUB foo\r\n", "PUB foo bar baz 1\r\n", "PUB foo a b c 1\r\n", "PUB foo -1\r\n", "PUB foo x\r\n", "PUB foo 1x\r\n", "PUB foo 1234567890\r\n", "PUB foo  \r\n",
            "HPUB foo 5\r\n", "HPUB foo 6 5\r\n", "HPUB foo x 5\r\n", "HPUB foo 5 x\r\n", "HPUB foo a b c 5 5\r\n", "PUB \r\n\r\n",
        })
        {
            yield return "PING\r\n" + bad;
            yield return "PUB a.b.c 3\r\nabc\r\n" + bad;
            yield return bad;
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Every_single_split_gives_the_same_operations(string stream)
    {
        Run whole = Feed(stream, [stream.Length]);
        for (int at = 1; at < stream.Length; at++) Assert.Equal(whole, Feed(stream, [at, stream.Length]));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Byte_by_byte_gives_the_same_operations(string stream)
    {
        Run whole = Feed(stream, [stream.Length]);
        Assert.Equal(whole, Feed(stream, [.. Enumerable.Range(1, stream.Length)]));
        Assert.Equal(whole, Feed(stream, [.. Enumerable.Range(1, stream.Length)], waitsForNeeded: true));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void The_shorter_path_of_accepted_publishes_gives_the_same_messages(string stream)
    {
        Run withLines = Feed(stream, [stream.Length]);
        Run shorter = Feed(stream, [stream.Length], accepts: true);
        Assert.Equal(WithoutAcceptedLines(withLines), WithoutAcceptedLines(shorter));
    }

    private static Run WithoutAcceptedLines(Run run) =>
        run with { Calls = [.. run.Calls.Where(call => !call.StartsWith("line '", StringComparison.Ordinal) || !call.Contains("subject=", StringComparison.Ordinal))] };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Random_pieces_give_the_same_operations(string stream)
    {
        Run whole = Feed(stream, [stream.Length]);
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var ends = new List<int>();
            for (int at = 0; at < stream.Length;) ends.Add(at = Math.Min(stream.Length, at + random.Next(1, 1 + (seed * 4))));
            Assert.Equal(whole, Feed(stream, ends));
            Assert.Equal(whole, Feed(stream, ends, waitsForNeeded: true));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void An_error_is_found_at_its_byte_and_not_before(string stream)
    {
        int found = FirstError(stream);
        for (int length = 1; length <= stream.Length; length++)
        {
            Run run = Feed(stream[..length], [length]);
            Assert.True(length >= found == run.Outcome is not ParseOutcome.NeedMore, $"{length} bytes gave {run.Outcome}, the error is at {found}");
        }
    }

    [Fact]
    public void The_corpus_has_errors_of_every_kind_and_both_publish_paths()
    {
        ParseOutcome[] outcomes = [.. Corpus().Select(static stream => Feed(stream, [stream.Length]).Outcome).Distinct().Order()];
        Assert.Equal([ParseOutcome.NeedMore, ParseOutcome.Stopped, ParseOutcome.UnknownOperation, ParseOutcome.ControlLineTooLong], outcomes);
    }

    [Theory]
    [InlineData("PUB foo 5\r\nhello\r\n", 18)]
    [InlineData("PUB foo 5\nhello\r\n", 17)]
    [InlineData("HPUB foo 12 17\r\nNATS/1.0\r\n\r\nhello\r\n", 35)]
    public void The_needed_size_is_known_as_soon_as_the_line_is_complete(string publish, int size)
    {
        Assert.Equal(size, publish.Length);
        int line = publish.IndexOf('\n', StringComparison.Ordinal) + 1;
        for (int length = 1; length < size; length++)
        {
            ParserState state = new() { MaxControlLine = ControlLine };
            var handler = new Recorder([]);
            ParseOutcome outcome = NatsParser.Parse(Encoding.Latin1.GetBytes(publish[..length]), ref handler, ref state, out int consumed);
            Assert.Equal(ParseOutcome.NeedMore, outcome);
            Assert.Equal(0, consumed);
            Assert.Equal(length < line ? 0 : size, state.Needed);
        }
    }

    [Fact]
    public void An_operation_before_connect_is_asked_about_once_however_it_is_cut()
    {
        const string stream = "PUB foo 2\r\nhi\r\nPING\r\n";
        string[] expected = ["before P", "line 'foo 2' subject='foo' reply='' 2", "PUB 'foo' '' 'hi' canonical", "PING"];
        Assert.Equal(expected, Feed(stream, [stream.Length], expectsConnect: true).Calls);
        Assert.Equal(expected, Feed(stream, [.. Enumerable.Range(1, stream.Length)], expectsConnect: true).Calls);
    }

    [Fact]
    public void A_publish_line_that_is_refused_stops_before_its_payload()
    {
        string stream = "PUB stop 5\r\nhello\r\nPING\r\n" + Filler;
        for (int at = 12; at < stream.Length; at++)
        {
            Run run = Feed(stream, [at, stream.Length]);
            Assert.Equal(ParseOutcome.Stopped, run.Outcome);
            Assert.Equal(["line 'stop 5' subject='stop' reply='' 5"], run.Calls);
        }
    }

    private static int FirstError(string stream)
    {
        var state = new ParserState { MaxControlLine = ControlLine };
        var handler = new Recorder([]);
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        int start = 0;
        for (int end = 1; end <= bytes.Length; end++)
        {
            ParseOutcome outcome = NatsParser.Parse(bytes.AsSpan(start, end - start), ref handler, ref state, out int consumed);
            start += consumed;
            if (outcome != ParseOutcome.NeedMore) return end;
        }

        return int.MaxValue;
    }

    // What a connection does: unconsumed bytes stand in front of the next piece.
    private static Run Feed(string stream, IReadOnlyList<int> ends, bool waitsForNeeded = false, bool expectsConnect = false, bool accepts = false)
    {
        var state = new ParserState { MaxControlLine = ControlLine, ExpectConnect = expectsConnect };
        List<string> calls = [];
        var handler = new Recorder(calls, accepts);
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        int start = 0;
        ParseOutcome outcome = ParseOutcome.NeedMore;
        foreach (int end in ends)
        {
            if (waitsForNeeded && end < stream.Length && end - start < state.Needed) continue;
            outcome = NatsParser.Parse(bytes.AsSpan(start, end - start), ref handler, ref state, out int consumed);
            start += consumed;
            if (outcome != ParseOutcome.NeedMore) break;
        }

        return new Run(outcome, start, calls);
    }

    private sealed record Run(ParseOutcome Outcome, int Consumed, List<string> Calls)
    {
        public bool Equals(Run? other) => other is not null && Outcome == other.Outcome && Consumed == other.Consumed && Calls.SequenceEqual(other.Calls);

        public override int GetHashCode() => Consumed;

        public override string ToString() => $"{Outcome} at {Consumed}: {string.Join(" | ", Calls)}";
    }

    private readonly struct Recorder(List<string> calls, bool accepts = false) : INatsOperationHandler
    {
        public bool AcceptsPublish(int totalSize, bool hasHeaders) => accepts;

        public bool OnOperationBeforeConnect(byte first) => Add($"before {(char)first}");

        public bool OnConnect(ReadOnlySpan<byte> json) => Add($"CONNECT '{Text(json)}'");

        public bool OnInfo(ReadOnlySpan<byte> json) => Add($"INFO '{Text(json)}'");

        public bool OnPing() => Add("PING");

        public bool OnPong() => Add("PONG");

        public bool OnError(ReadOnlySpan<byte> text) => Add($"-ERR '{Text(text)}'");

        public bool OnSubscribe(ReadOnlySpan<byte> arguments) => Add($"SUB '{Text(arguments)}'");

        public bool OnUnsubscribe(ReadOnlySpan<byte> arguments) => Add($"UNSUB '{Text(arguments)}'");

        public bool OnPublishLine(ReadOnlySpan<byte> arguments, in PublishLine line, ReadOnlySpan<byte> body)
        {
            if (line.Error != PublishLineError.None) return Add($"line '{Text(arguments)}' {line.Error}");
            int offset = line.SubjectStart;
            string whole = Text(arguments);

            // Offsets count from the start of the operation; the arguments begin where the first of them does.
            string subject = whole.Substring(whole.IndexOf(whole.Trim(' ', '\t')[0], StringComparison.Ordinal), line.SubjectLength);
            string reply = line.ReplyLength == 0 ? "" : whole.Substring(line.ReplyStart - offset, line.ReplyLength);
            string sizes = line.HeaderSize >= 0 ? $"{line.HeaderSize} {line.TotalSize}" : $"{line.TotalSize}";
            Add($"line '{whole}' subject='{subject}' reply='{reply}' {sizes}");
            return !whole.StartsWith("stop", StringComparison.Ordinal);
        }

        public bool OnPublish(in InboundMessage message)
        {
            string kind = message.HeaderSize >= 0 ? $"HPUB({message.HeaderSize})" : "PUB";
            string body = Text(message.Body);
            Assert.EndsWith("\r\n", body, StringComparison.Ordinal);
            Assert.Equal(body.Length - 2, message.Size);
            Add($"{kind} '{Text(message.Subject)}' '{Text(message.Reply)}' '{body[..^2]}'{(message.IsCanonical ? " canonical" : "")}");

            // As deliveries do: the frame belongs to the handler while it is called.
            if (message.IsCanonical) message.TurnIntoDelivery();
            return true;
        }

        private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

        private bool Add(string call)
        {
            calls.Add(call);
            return true;
        }
    }
}
