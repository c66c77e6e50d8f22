using System.Buffers;
using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Pure. What a stream says while a batch is published fast.</summary>
public static class BatchFlow
{
    /// <summary>Writes that messages are stored.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="sequence">Which message of the batch is the last of them.</param>
    /// <param name="messages">After how many more this will be said again.</param>
    public static void WriteAck(IBufferWriter<byte> output, ulong sequence, int messages) => ApiAnswer.WriteObject(output, (sequence, messages), static (json, ack) =>
    {
        json.WriteString("type"u8, "ack"u8);
        json.WriteNumber("seq"u8, ack.sequence);
        json.WriteNumber("msgs"u8, ack.messages);
    });

    /// <summary>Writes that messages of the batch did not come.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="expected">The first of them.</param>
    /// <param name="sequence">The message that came in its place.</param>
    public static void WriteGap(IBufferWriter<byte> output, ulong expected, ulong sequence) => ApiAnswer.WriteObject(output, (expected, sequence), static (json, gap) =>
    {
        json.WriteString("type"u8, "gap"u8);
        json.WriteNumber("last_seq"u8, gap.expected);
        json.WriteNumber("seq"u8, gap.sequence);
    });

    /// <summary>Writes that a message of the batch is refused.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="sequence">Which.</param>
    /// <param name="error">Why.</param>
    public static void WriteError(IBufferWriter<byte> output, ulong sequence, in ApiError error) => ApiAnswer.WriteObject(output, (sequence, error), static (json, refusal) =>
    {
        json.WriteString("type"u8, "err"u8);
        json.WriteNumber("seq"u8, refusal.sequence);
        json.WritePropertyName("error"u8);
        refusal.error.Write(json);
    });
}
