using System.Buffers;
using System.Diagnostics;
using System.Text;
using NATS.Server.Tracing;
using Xunit;

namespace NATS.Server.UnitTests.Tracing;

public sealed class TraceHeadersTests
{
    private const string Sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Theory]
    [InlineData("Nats-Trace-Dest: t\r\n", "Destination")]
    [InlineData("Nats-Trace-Dest:t\r\n", "Destination")]
    [InlineData("Nats-Trace-Dest:\t t \t\r\n", "Destination")]
    [InlineData("A: b\r\nNats-Trace-Dest: t\r\nC: d\r\n", "Destination")]
    [InlineData("Nats-Trace-Dest: t\r\ntraceparent: " + Sampled + "\r\n", "Destination")]
    [InlineData("Nats-Trace-Dest: t\r\nNats-Trace-Dest: trace disabled\r\n", "Destination")]
    [InlineData("Nats-Trace-Dest:\r\nNats-Trace-Dest: t\r\n", "Destination")]
    [InlineData("Nats-Trace-Dest: \r\n", "None")]
    [InlineData("nats-trace-dest: t\r\n", "None")]
    [InlineData("Nats-Trace-Dest : t\r\n", "None")]
    [InlineData("Nats-Trace-Dest2: t\r\n", "None")]
    [InlineData("X: Nats-Trace-Dest: t\r\n", "None")]
    [InlineData("Nats-Trace-Dest: trace disabled\r\n", "None")]
    [InlineData("traceparent: " + Sampled + "\r\nNats-Trace-Dest: trace disabled\r\n", "None")]
    [InlineData("Nats-Trace-Only: true\r\n", "None")]
    [InlineData("traceparent: " + Sampled + "\r\n", "Parent")]
    [InlineData("TraceParent: " + Sampled + "\r\n", "Parent")]
    [InlineData("TRACEPARENT: " + Sampled + "\r\n", "Parent")]
    [InlineData("traceparent: x\r\ntraceparent: " + Sampled + "\r\n", "Parent")]
    [InlineData("traceparent: ---01\r\n", "Parent")]
    [InlineData("traceparent: ---7F\r\n", "Parent")]
    [InlineData("traceparent: ---+1\r\n", "Parent")]
    [InlineData("traceparent: ---00\r\n", "None")]
    [InlineData("traceparent: ---02\r\n", "None")]
    [InlineData("traceparent: ---ff\r\n", "None")]
    [InlineData("traceparent: ---1\r\n", "None")]
    [InlineData("traceparent: ---001\r\n", "None")]
    [InlineData("traceparent: ---0x\r\n", "None")]
    [InlineData("traceparent: ---+\r\n", "None")]
    [InlineData("traceparent: --01\r\n", "None")]
    [InlineData("traceparent: ----01\r\n", "None")]
    [InlineData("traceparents: ---01\r\n", "None")]
    [InlineData("", "None")]
    public void Headers_decide_who_asks_for_a_trace(string headers, string expected) =>
        Assert.Equal(expected, TraceHeaders.Find(Bytes($"NATS/1.0\r\n{headers}\r\n")).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("NATS/1.0")]
    [InlineData("NATS/1.0\r\n")]
    [InlineData("NATS/1.0 100\r\nNats-Trace-Dest: t\r\n\r\n")]
    [InlineData("NATS/2.0\r\nNats-Trace-Dest: t\r\n\r\n")]
    [InlineData("Nats-Trace-Dest: t\r\n\r\n")]
    public void Blocks_that_do_not_begin_as_they_should_ask_for_nothing(string block) => Assert.Equal(TraceOrigin.None, TraceHeaders.Find(Bytes(block)));

    [Fact]
    public void A_block_cut_anywhere_is_read_as_far_as_it_is_whole()
    {
        const string whole = "NATS/1.0\r\nA: b\r\nNats-Trace-Dest: t\r\n";
        for (int length = 0; length < whole.Length; length++) Assert.Equal(TraceOrigin.None, TraceHeaders.Find(Bytes(whole).AsSpan(0, length)));
        Assert.Equal(TraceOrigin.Destination, TraceHeaders.Find(Bytes(whole)));
        Assert.Equal(TraceOrigin.Destination, TraceHeaders.Find(Bytes(whole + "Cut: o")));
        Assert.Equal("A=b", Text("NATS/1.0\r\nA: b\r\nNats-Trace-Dest: t\r"));
    }

    [Theory]
    [InlineData("B: 1\r\na: 2\r\nB: 3\r\nA: 4\r\n", "A=4 B=1,3 a=2")]
    [InlineData("Tab:\t x \t\r\nno colon\r\n:novalue\r\nx : y\r\nempty:\r\n", "Tab=x no colon\r\n=novalue x =y")]
    [InlineData(": no key\r\nk: :\r\n", "k=:")]
    public void All_headers_are_told_by_their_keys_as_they_are_spelled(string headers, string expected) =>
        Assert.Equal(expected, Text($"NATS/1.0\r\n{headers}\r\n"));

    [Theory]
    [InlineData("Nats-Trace-Dest: t\r\nK: v\r\n", "K: v\r\nNats-Trace-Dest: other\r\n")]
    [InlineData("Nats-Trace-Dest: t\r\n", "Nats-Trace-Dest: other\r\n")]
    [InlineData("Nats-Trace-Dest: t\r\nK: v\r\nNats-Trace-Dest: u\r\n", "K: v\r\nNats-Trace-Dest: other\r\n")]
    [InlineData("K: v\r\n", "K: v\r\nNats-Trace-Dest: other\r\n")]
    [InlineData("K: v\r\nNats-Trace-Dest: cut", "K: v\r\nNats-Trace-Dest: other\r\n")]
    [InlineData("Nats-Trace-Dest: t\r\nK: cut", "K: cut\r\nNats-Trace-Dest: other\r\n")]
    public void Another_destination_stands_last(string headers, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        string end = headers.EndsWith('\n') ? "\r\n" : "";
        TraceHeaders.Redirect(Bytes($"NATS/1.0\r\n{headers}{end}"), "other"u8, output);
        Assert.Equal($"NATS/1.0\r\n{expected}\r\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void The_quick_look_misses_no_destination_and_allocates_nothing()
    {
        byte[] asks = Bytes("NATS/1.0\r\nNats-Msg-Id: 4711\r\nNats-Trace-Dest: t\r\n\r\n");
        byte[] asksNot = Bytes("NATS/1.0\r\nNats-Msg-Id: 4711\r\nNats-Expected-Stream: ORDERS\r\nTraceParent: " + Sampled + "\r\n\r\n");
        Assert.True(TraceHeaders.MayNameDestination(asks));
        Assert.False(TraceHeaders.MayNameDestination(asksNot));
        TraceHeaders.Find(asksNot);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            TraceHeaders.MayNameDestination(asksNot);
            TraceHeaders.Find(asksNot);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n", true, "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 ")]
    [InlineData("TraceState: a=b\r\nTRACEPARENT: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n", true, "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 a=b")]
    [InlineData("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n", true, "")]
    [InlineData("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n", false, "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 ")]
    [InlineData("traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n", true, "")]
    [InlineData("traceparent: xx-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n", true, "")]
    [InlineData("traceparent: 00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01\r\n", false, "")]
    [InlineData("traceparent: \u00ff\r\n", false, "")]
    [InlineData("K: v\r\n", false, "")]
    public void The_span_of_the_application_is_found(string headers, bool isSampled, string expected)
    {
        bool isFound = TraceHeaders.TryFindParent(Bytes($"NATS/1.0\r\n{headers}\r\n"), out ActivityContext parent, isSampled);
        Assert.Equal(expected, isFound ? $"{parent.TraceId} {parent.SpanId} {parent.TraceState}" : "");
        Assert.Equal(isFound, parent.IsRemote);
    }

    [Fact]
    public void Looking_for_a_span_that_is_not_there_allocates_nothing()
    {
        byte[] block = Bytes("NATS/1.0\r\nNats-Msg-Id: 4711\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n\r\n");
        Assert.False(TraceHeaders.TryFindParent(block, out _, isSampled: true));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) TraceHeaders.TryFindParent(block, out _, isSampled: true);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Text(string block) => string.Join(' ', TraceHeaders.Read(Bytes(block)).Select(header => $"{header.Key}={string.Join(',', header.Value)}"));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
