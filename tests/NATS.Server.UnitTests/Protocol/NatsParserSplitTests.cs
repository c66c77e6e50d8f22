using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Testing.Transcripts;
using Xunit;

namespace NATS.Server.UnitTests.Protocol;

/// <summary>However the stream of a client is cut into packets, the parser calls the same operations. The streams are those of the protocol scripts.</summary>
public sealed class NatsParserSplitTests
{
    private const int LongestStream = 6000;

    public static TheoryData<string, string> Streams
    {
        get
        {
            var streams = new TheoryData<string, string>();
            foreach (string name in TranscriptScript.Names)
            {
                TranscriptScript script = TranscriptScript.Load(name);
                IEnumerable<string> connections = script.Steps.Select(step => step.Connection).Where(connection => connection.Length > 0).Distinct(StringComparer.Ordinal);
                foreach (string connection in connections.Where(connection => script.SentBy(connection).Length is > 0 and <= LongestStream)) streams.Add(name, connection);
            }

            return streams;
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Operations_do_not_depend_on_where_the_stream_is_cut(string script, string connection)
    {
        byte[] stream = Encoding.Latin1.GetBytes(TranscriptScript.Load(script).SentBy(connection));
        string whole = Parse(stream, [stream.Length]);
        for (int cut = 1; cut < stream.Length; cut++)
        {
            string inTwo = Parse(stream, [cut, stream.Length]);
            Assert.True(whole == inTwo, $"cut at {cut}: expected{Environment.NewLine}{whole}but was{Environment.NewLine}{inTwo}");
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Operations_are_the_same_when_every_byte_comes_by_itself(string script, string connection)
    {
        byte[] stream = Encoding.Latin1.GetBytes(TranscriptScript.Load(script).SentBy(connection));
        Assert.Equal(Parse(stream, [stream.Length]), Parse(stream, Enumerable.Range(1, stream.Length)));
    }

    // Receives up to each of the given ends, one after the other, and keeps what was not consumed, as a connection does.
    private static string Parse(byte[] stream, IEnumerable<int> ends)
    {
        var calls = new StringBuilder();
        var state = new ParserState { MaxControlLine = 4096 };
        var handler = new RecordingHandler(calls);
        byte[] buffer = (byte[])stream.Clone();
        int start = 0;
        foreach (int end in ends)
        {
            ParseOutcome outcome = NatsParser.Parse(buffer.AsSpan(start..end), ref handler, ref state, out int consumed);
            start += consumed;
            Assert.InRange(start, 0, end);
            if (outcome == ParseOutcome.NeedMore) continue;
            calls.Append(outcome).AppendLine();
            break;
        }

        return calls.ToString();
    }

    private readonly struct RecordingHandler(StringBuilder calls) : INatsOperationHandler
    {
        public bool OnOperationBeforeConnect(byte first) => Note("before CONNECT", [first]);

        public bool OnConnect(ReadOnlySpan<byte> json) => Note("CONNECT", json);

        public bool OnInfo(ReadOnlySpan<byte> json) => Note("INFO", json);

        public bool OnPing() => Note("PING", []);

        public bool OnPong() => Note("PONG", []);

        public bool OnError(ReadOnlySpan<byte> text) => Note("-ERR", text);

        public bool OnSubscribe(ReadOnlySpan<byte> arguments) => Note("SUB", arguments);

        public bool OnUnsubscribe(ReadOnlySpan<byte> arguments) => Note("UNSUB", arguments);

        // Whether the shorter path takes a publish depends on the cut, so that only refused lines are noted.
        public bool AcceptsPublish(int totalSize, bool hasHeaders) => true;

        public bool OnPublishLine(ReadOnlySpan<byte> arguments, in PublishLine line, ReadOnlySpan<byte> body) => line.Error == PublishLineError.None || Note($"publish line {line.HeaderSize} {line.TotalSize} {line.Error}", arguments);

        public bool OnPublish(in InboundMessage message)
        {
            Note("subject", message.Subject);
            Note("reply", message.Reply);
            Note("headers", message.Headers);
            return Note($"publish {message.HeaderSize} {message.Size}", message.Body);
        }

        private bool Note(string what, ReadOnlySpan<byte> bytes)
        {
            calls.Append(what).Append(": '").Append(Encoding.Latin1.GetString(bytes)).AppendLine("'");
            return true;
        }
    }
}
