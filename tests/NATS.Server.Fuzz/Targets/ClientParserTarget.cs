using NATS.Server.Core.Protocol;

namespace NATS.Server.Fuzz.Targets;

/// <summary>The client protocol: whatever way the stream is cut, the same operations are found and it ends in the same way.</summary>
internal sealed class ClientParserTarget : IFuzzTarget
{
    private readonly byte[] _buffer = new byte[256 * 1024];

    public string Name => "client-parser";

    public long BaseAllocation => 512;

    public int AllocationPerByte => 0;

    public string? Run(byte[] input, Random random)
    {
        (ulong Hash, ParseOutcome Outcome) whole = Feed(input, random, pieces: false);
        for (int i = 0; i < 3; i++)
        {
            (ulong Hash, ParseOutcome Outcome) cut = Feed(input, random, pieces: true);

            // A line that is too long is found earlier or later, depending on where the stream is cut; the rest has to be the same.
            if (whole.Outcome == ParseOutcome.ControlLineTooLong || cut.Outcome == ParseOutcome.ControlLineTooLong) continue;
            if (cut != whole) return $"whole: {whole}, in pieces: {cut}";
        }

        return null;
    }

    private (ulong Hash, ParseOutcome Outcome) Feed(byte[] input, Random random, bool pieces)
    {
        ulong hash = 14695981039346656037;
        var state = new ParserState { MaxControlLine = 4096 };
        int start = 0;
        int end = 0;
        int position = 0;
        while (position < input.Length)
        {
            int count = pieces ? Math.Min(input.Length - position, 1 + random.Next(40)) : input.Length;
            input.AsSpan(position, count).CopyTo(_buffer.AsSpan(end));
            position += count;
            end += count;
            var handler = new HashingHandler(ref hash);
            ParseOutcome outcome = NatsParser.Parse(_buffer.AsSpan(start, end - start), ref handler, ref state, out int consumed);
            if (consumed > end - start) throw new InvalidOperationException("consumed more than there was");
            start += consumed;
            if (outcome != ParseOutcome.NeedMore) return (hash, outcome);
        }

        return (hash, ParseOutcome.NeedMore);
    }

    private readonly ref struct HashingHandler(ref ulong hash) : INatsOperationHandler
    {
        private readonly ref ulong _hash = ref hash;

        public bool OnOperationBeforeConnect(byte first) => Add(1, [first]);

        public bool OnConnect(ReadOnlySpan<byte> json) => Add(2, json);

        public bool OnInfo(ReadOnlySpan<byte> json) => Add(3, json);

        public bool OnPing() => Add(4, default);

        public bool OnPong() => Add(5, default);

        public bool OnError(ReadOnlySpan<byte> text) => Add(6, text);

        public bool OnSubscribe(ReadOnlySpan<byte> arguments) => Add(7, arguments);

        public bool OnUnsubscribe(ReadOnlySpan<byte> arguments) => Add(8, arguments);

        // Whether the fast path or the slow one takes a message depends on the cut: only lines that are refused count.
        public bool AcceptsPublish(int totalSize, bool hasHeaders) => true;

        public bool OnPublishLine(ReadOnlySpan<byte> arguments, in PublishLine line, ReadOnlySpan<byte> body) =>
            line is { Error: PublishLineError.None, TotalSize: <= 128 * 1024 } || !Add(9, arguments);

        public bool OnPublish(in InboundMessage message)
        {
            Add(10, message.Subject);
            Add(11, message.Reply);
            Add(12, message.Headers);
            return Add(13, message.Body);
        }

        private bool Add(byte kind, ReadOnlySpan<byte> bytes)
        {
            _hash = (_hash ^ kind) * 1099511628211;
            foreach (byte b in bytes) _hash = (_hash ^ b) * 1099511628211;
            return true;
        }
    }
}
