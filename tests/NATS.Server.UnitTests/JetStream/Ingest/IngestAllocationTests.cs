using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Streams;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Ingest;

/// <summary>What is usual allocates nothing.</summary>
public sealed class IngestAllocationTests
{
    private const string Ttl = "Nats-TTL: 60";
    private readonly IngestRules _rules = new(
        new StreamConfig { Name = "S", Subjects = ["s.>"], Storage = StorageType.File, MaxMessageSize = -1, AllowMessageTtl = true, AllowRollup = true },
        new IngestSettings { FindTimeZone = static _ => null });

    private readonly IngestScratch _scratch = new();
    private readonly Host _host = new();

    [Theory]
    [InlineData("")]
    [InlineData("Nats-Msg-Id: 0123456789")]
    [InlineData("Nats-Expected-Last-Sequence: 7")]
    [InlineData("Nats-Expected-Last-Subject-Sequence: 3\r\nNats-Expected-Stream: S\r\nNats-Expected-Last-Msg-Id: before")]
    [InlineData("Nats-Rollup: sub\r\nKV-Operation: PURGE")]
    [InlineData(Ttl)]
    [InlineData("X: y")]
    public void The_verdict_about_a_usual_message_allocates_nothing(string headers)
    {
        byte[] block = headers.Length == 0 ? [] : System.Text.Encoding.ASCII.GetBytes($"NATS/1.0\r\n{headers}\r\n\r\n");
        Assert.Equal(IngestVerdict.Store, Judge(block));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Judge(block);
        long perMessage = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;
        Assert.Equal(0, perMessage);
    }

    private IngestVerdict Judge(byte[] headers)
    {
        var plan = new IngestPlan(_scratch);
        return _rules.Judge(new IngestMessage { Subject = "s.a"u8, Headers = headers, Payload = "payload"u8 }, _host, ref plan);
    }

    private sealed class Host : IIngestHost
    {
        public long NowNs => 1;

        public Random Random { get; } = new(1);

        public ulong LastSequence => 7;

        public ReadOnlySpan<byte> LastMessageId => "before"u8;

        public bool IsServerFull => false;

        public ulong LastSequenceOf(ReadOnlySpan<byte> filter) => 3;

        public bool TryLoadLast(ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> headers, out ReadOnlySpan<byte> payload)
        {
            headers = payload = default;
            return false;
        }

        public bool TryFindMessageId(ReadOnlySpan<byte> messageId, out ulong sequence)
        {
            sequence = 0;
            return false;
        }

        public bool HasInterest(ReadOnlySpan<byte> subject) => true;

        public bool ExceedsAccount(ReadOnlySpan<byte> subject, int headersLength, int payloadLength, out ApiError error)
        {
            error = default;
            return false;
        }

        public void Totals(out ulong messages, out ulong bytes) => messages = bytes = 0;

        public ulong MessagesOf(ReadOnlySpan<byte> subject) => 0;
    }
}
