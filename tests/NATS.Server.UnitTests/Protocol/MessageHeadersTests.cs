using System.Buffers;
using System.Text;
using NATS.Server.Core.Protocol;
using Xunit;

namespace NATS.Server.UnitTests.Protocol;

public sealed class MessageHeadersTests
{
    private delegate void Edit(ReadOnlySpan<byte> block, IBufferWriter<byte> output);

    private delegate bool Removal(ReadOnlySpan<byte> block, IBufferWriter<byte> output);

    [Theory]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", "A", "1")]
    [InlineData("NATS/1.0\r\nA:1\r\n\r\n", "A", "1")]
    [InlineData("NATS/1.0\r\nA:   1 2  \r\n\r\n", "A", "1 2  ")]
    [InlineData("NATS/1.0\r\nA:\r\n\r\n", "A", "")]
    [InlineData("NATS/1.0\r\nA:\t1\r\n\r\n", "A", "\t1")]
    [InlineData("NATS/1.0\r\nA: 1\r\nA: 2\r\n\r\n", "A", "1")]
    [InlineData("NATS/1.0\r\na: 1\r\nA: 2\r\n\r\n", "A", "2")]
    [InlineData("NATS/1.0\r\nA: x:y\r\n\r\n", "A", "x:y")]
    [InlineData("NATS/1.0 503\r\nA: 1\r\n\r\n", "A", "1")]
    [InlineData("NATS/1.0\r\nA: 1", "A", "1")]
    [InlineData("NATS/1.0\r\nA: 1\ry\r\n\r\n", "A", "1\ry")]
    [InlineData("NATS/1.0\r\nX: A: 1\r\n\r\n", "A", null)]
    [InlineData("NATS/1.0\r\nBA: 1\r\n\r\n", "A", null)]
    [InlineData("NATS/1.0\r\nAB: 1\r\n\r\n", "A", null)]
    [InlineData("NATS/1.0\r\nA : 1\r\n\r\n", "A", null)]
    [InlineData("NATS/1.0\r\nA\r\n\r\n", "A", null)]
    [InlineData("A: 1\r\n\r\n", "A", null)]
    [InlineData("NATS/1.0\r\n\r\n", "A", null)]
    [InlineData("", "A", null)]
    [InlineData("NATS/1.0\r\nPrevious-Nats-Msg-Id: user\r\nNats-Msg-Id: control\r\n\r\n", "Nats-Msg-Id", "control")]
    [InlineData("NATS/1.0\r\nNats-Expected-Last-Subject-Sequence-Subject: foo\r\nNats-Expected-Last-Subject-Sequence: 24\r\n\r\n",
        "Nats-Expected-Last-Subject-Sequence", "24")]
    public void A_value_is_found_by_its_exact_key(string block, string key, string? expected)
    {
        Assert.Equal(expected is not null, MessageHeaders.TryGet(Bytes(block), Bytes(key), out ReadOnlySpan<byte> value));
        Assert.Equal(expected ?? "", Text(value));
        Assert.Equal(expected is not null, MessageHeaders.Contains(Bytes(block), Bytes(key)));
    }

    [Fact]
    public void Headers_are_walked_in_order_and_what_is_none_is_passed_over()
    {
        List<string> seen = [];
        foreach (MessageHeaders.MessageHeader header in MessageHeaders.Enumerate("NATS/1.0 100 Idle: x\r\nA: 1\r\nno colon\r\n: no key\r\nA: 2\r\nB:3\r\n\r\n"u8))
        {
            seen.Add($"{Text(header.Key)}={Text(header.Value)}");
        }

        Assert.Equal(["A=1", "A=2", "B=3"], seen);
    }

    [Theory]
    [InlineData("NATS/1.0 503\r\n\r\n", 503, "")]
    [InlineData("NATS/1.0 100 Idle Heartbeat\r\n\r\n", 100, "Idle Heartbeat")]
    [InlineData("NATS/1.0  404  No Messages \r\nA: 1\r\n\r\n", 404, "No Messages")]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", 0, "")]
    [InlineData("NATS/1.0 abc\r\n\r\n", 0, "")]
    [InlineData("NATS/1.0 50x\r\n\r\n", 0, "")]
    [InlineData("NATS/1.0503\r\n\r\n", 0, "")]
    [InlineData("NATS/1.0 503", 0, "")]
    [InlineData("NATS/1.0", 0, "")]
    [InlineData("HTTP/1.0 503\r\n\r\n", 0, "")]
    [InlineData("", 0, "")]
    public void The_status_is_read_from_the_first_line(string block, int code, string description)
    {
        Assert.Equal(code != 0, MessageHeaders.TryGetStatus(Bytes(block), out int actual, out ReadOnlySpan<byte> text));
        Assert.Equal(code, actual);
        Assert.Equal(description, Text(text));
    }

    [Theory]
    [InlineData("NATS/1.0\r\nKey1: Val1\r\nKey2: Val2\r\n\r\n", "Key1", "longer value", "NATS/1.0\r\nKey1: longer value\r\nKey2: Val2\r\n\r\n")]
    [InlineData("NATS/1.0\r\nKey1: Val1\r\nKey2: Val2\r\n\r\n", "Key2", "v", "NATS/1.0\r\nKey1: Val1\r\nKey2: v\r\n\r\n")]
    [InlineData("NATS/1.0\r\nKey1: Val1\r\n\r\n", "Key3", "Val3", "NATS/1.0\r\nKey1: Val1\r\nKey3: Val3\r\n\r\n")]
    [InlineData("NATS/1.0\r\nKey1:Val1\r\n\r\n", "Key1", "v", "NATS/1.0\r\nKey1:v\r\n\r\n")]
    [InlineData("NATS/1.0\r\nKey1:   Val1\r\n\r\n", "Key1", "v", "NATS/1.0\r\nKey1: v\r\n\r\n")]
    [InlineData("NATS/1.0\r\nA: 1\r\nA: 2\r\n\r\n", "A", "3", "NATS/1.0\r\nA: 3\r\nA: 2\r\n\r\n")]
    [InlineData("NATS/1.0\r\nXA: 1\r\nA: 2\r\n\r\n", "A", "3", "NATS/1.0\r\nXA: 1\r\nA: 3\r\n\r\n")]
    [InlineData("NATS/1.0 503\r\n\r\n", "A", "1", "NATS/1.0 503\r\nA: 1\r\n\r\n")]
    [InlineData("", "A", "1", "NATS/1.0\r\nA: 1\r\n\r\n")]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", "A", "x\r\nB: y", "NATS/1.0\r\nA: x  B: y\r\n\r\n")]
    public void Setting_replaces_the_first_value_or_adds_a_header(string block, string key, string value, string expected) =>
        Assert.Equal(expected, Edited(block, (b, output) => MessageHeaders.Set(b, Bytes(key), Bytes(value), output)));

    [Theory]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", "A", "2", "NATS/1.0\r\nA: 1\r\nA: 2\r\n\r\n")]
    [InlineData("", "A", "2", "NATS/1.0\r\nA: 2\r\n\r\n")]
    [InlineData("\r\n", "A", "2", "NATS/1.0\r\nA: 2\r\n\r\n")]
    [InlineData("NATS/1.0\r\n\r\n", "A", " \t2\nB: x\r\n", "NATS/1.0\r\nA: 2 B: x\r\n\r\n")]
    public void Appending_adds_one_line_at_the_end(string block, string key, string value, string expected) =>
        Assert.Equal(expected, Edited(block, (b, output) => MessageHeaders.Append(b, Bytes(key), Bytes(value), output)));

    [Theory]
    [InlineData("NATS/1.0\r\na: 1\r\na: 2\r\nc: 3\r\na: 4\r\na: 5\r\n\r\n", "a", "NATS/1.0\r\nc: 3\r\n\r\n")]
    [InlineData("NATS/1.0\r\nX-Note: Nats-Msg-Id is set below\r\nNats-Msg-Id: real-id\r\nc: 3\r\n\r\n", "Nats-Msg-Id",
        "NATS/1.0\r\nX-Note: Nats-Msg-Id is set below\r\nc: 3\r\n\r\n")]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", "A", null)]
    [InlineData("NATS/1.0 503\r\nA: 1\r\n\r\n", "A", "NATS/1.0 503\r\n\r\n")]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", "B", "NATS/1.0\r\nA: 1\r\n\r\n")]
    [InlineData("NATS/1.0\r\n\r\n", "B", "NATS/1.0\r\n\r\n")]
    [InlineData("NATS/1.0\r\nA: 1", "A", "NATS/1.0\r\nA: 1")]
    public void Removing_drops_every_header_with_the_key(string block, string key, string? expected) =>
        Assert.Equal(expected, Edited(block, (b, output) => MessageHeaders.Remove(b, Bytes(key), output)));

    [Fact]
    public void Removing_by_prefix_looks_at_keys_only()
    {
        const string block = "NATS/1.0\r\nX-Note: see Nats-Expected-Stream below\r\nNats-Expected-Stream: s\r\nNats-Expected-Last-Sequence: 22\r\nc: 3\r\n\r\n";

        Assert.Equal(
            "NATS/1.0\r\nX-Note: see Nats-Expected-Stream below\r\nc: 3\r\n\r\n",
            Edited(block, (b, output) => MessageHeaders.RemovePrefixed(b, "Nats-Expected-"u8, output)));
        Assert.Null(Edited("NATS/1.0\r\nNats-Expected-Stream: s\r\n\r\n", (b, output) => MessageHeaders.RemovePrefixed(b, "Nats-"u8, output)));
    }

    [Theory]
    [InlineData("NATS/1.0 503 text\r\nA: 1\r\n\r\n", "NATS/1.0\r\nA: 1\r\n\r\n")]
    [InlineData("NATS/1.0 503\r\n\r\n", null)]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", "NATS/1.0\r\nA: 1\r\n\r\n")]
    [InlineData("NATS/1.0\r\n\r\n", "NATS/1.0\r\n\r\n")]
    [InlineData("NATS/1.0 503", "NATS/1.0 503")]
    [InlineData("other\r\n\r\n", "other\r\n\r\n")]
    public void The_status_can_be_removed(string block, string? expected) =>
        Assert.Equal(expected, Edited(block, (b, output) => MessageHeaders.RemoveStatus(b, output)));

    [Fact]
    public void Blocks_with_a_status_are_written_whole()
    {
        Assert.Equal("NATS/1.0 503\r\nNats-Subject: x.y\r\n\r\n", Edited("", (_, output) => MessageHeaders.WriteNoResponders("x.y"u8, output)));
        Assert.Equal("NATS/1.0 404 No Messages\r\n\r\n", Edited("", (_, output) => MessageHeaders.WriteStatus(404, "No Messages"u8, output)));
        Assert.Equal("NATS/1.0 503\r\n\r\n", Edited("", (_, output) => MessageHeaders.WriteStatus(503, default, output)));
    }

    // Mutated blocks: nothing throws, and the operations agree with each other.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Damaged_blocks_are_read_and_edited_within_their_bounds(int seed)
    {
        var random = new Random(seed);
        const string alphabet = "AB:\r\n N1";
        byte[] sound = Bytes("NATS/1.0 503 x\r\nA: 1\r\nAB:2\r\nB:  3\r\nA: 4\r\n\r\n");
        var output = new ArrayBufferWriter<byte>();
        for (int i = 0; i < 100_000; i++)
        {
            byte[] block = sound[random.Next(sound.Length / 2)..(random.Next(sound.Length / 2) + (sound.Length / 2))];
            for (int j = random.Next(4); j > 0 && block.Length > 0; j--) block[random.Next(block.Length)] = (byte)alphabet[random.Next(alphabet.Length)];
            MessageHeaders.TryGetStatus(block, out _, out _);

            output.ResetWrittenCount();
            MessageHeaders.Set(block, "A"u8, "new"u8, output);
            Assert.True(MessageHeaders.TryGet(output.WrittenSpan, "A"u8, out ReadOnlySpan<byte> value));
            Assert.Equal("new", Text(value));

            output.ResetWrittenCount();
            if (MessageHeaders.Remove(block, "A"u8, output) && block.AsSpan().EndsWith("\r\n"u8)) Assert.False(MessageHeaders.Contains(output.WrittenSpan, "A"u8));
            else if (!block.AsSpan().EndsWith("\r\n"u8)) Assert.True(output.WrittenCount <= block.Length);

            output.ResetWrittenCount();
            MessageHeaders.RemovePrefixed(block, "A"u8, output);
            MessageHeaders.RemoveStatus(block, output);
        }
    }

    private static string Edited(string block, Edit edit)
    {
        var output = new ArrayBufferWriter<byte>();
        edit(Bytes(block), output);
        return Text(output.WrittenSpan);
    }

    private static string? Edited(string block, Removal removal)
    {
        var output = new ArrayBufferWriter<byte>();
        if (removal(Bytes(block), output)) return Text(output.WrittenSpan);
        Assert.Equal(0, output.WrittenCount);
        return null;
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
