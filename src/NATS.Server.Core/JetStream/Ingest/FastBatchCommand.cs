using System.Text;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>What a message of a fast batch says, in the subject to which the answer goes: <c>&lt;prefix&gt;.&lt;batch&gt;.&lt;flow&gt;.&lt;gap&gt;.&lt;sequence&gt;.&lt;operation&gt;.$FI</c>.</summary>
public readonly ref struct FastBatchCommand
{
    private const long DefaultFlow = 10;

    private enum Operation
    {
        Start,
        Append,
        Commit,
        CommitAlone,
        Ping,
    }

    /// <summary>Names the batch.</summary>
    public ReadOnlySpan<byte> BatchId { get; private init; }

    /// <summary>Of the message in the batch, from 1 on.</summary>
    public ulong Sequence { get; private init; }

    /// <summary>After how many messages the client wants to hear from the server at least.</summary>
    public ushort Flow { get; private init; }

    /// <summary>The batch goes on when messages are missing.</summary>
    public bool GapIsFine { get; private init; }

    /// <summary>Nothing is published: the client asks how far the server is.</summary>
    public bool IsPing { get; private init; }

    /// <summary>The batch ends.</summary>
    public bool Commits { get; private init; }

    /// <summary>The message itself is not stored.</summary>
    public bool EndsAlone { get; private init; }

    private static ReadOnlySpan<byte> Suffix => ".$FI"u8;

    /// <summary>Whether a reply is that of a message of a fast batch. Nearly free for others.</summary>
    public static bool IsMeant(ReadOnlySpan<byte> reply) => reply.Length > Suffix.Length && reply.EndsWith(Suffix);

    /// <summary>The reply that counts: where a message came through a service import, the one that the client gave.</summary>
    /// <param name="reply">Of the message.</param>
    /// <param name="requestInfo">The header <c>Nats-Request-Info</c>; empty without one.</param>
    public static ReadOnlySpan<byte> ReplyOf(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> requestInfo)
    {
        if (requestInfo.IsEmpty || !reply.StartsWith("_R_."u8) || IsMeant(reply)) return reply;
        int end = JsonSyntax.Scan(requestInfo, 0, out JsonProblem? problem);
        if (problem is not null) return reply;
        var cursor = new JsonCursor(requestInfo[..end].ToArray(), "", isStrict: false);
        string original = "";
        if (!cursor.EnterObject("")) return reply;
        while (cursor.NextProperty(["reply"], out _)) original = cursor.Text(original);
        return cursor.Problem is null ? Encoding.UTF8.GetBytes(original) : reply;
    }

    /// <summary>Reads a reply for which <see cref="IsMeant"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> reply, out FastBatchCommand command)
    {
        command = default;
        ReadOnlySpan<byte> rest = reply[..^Suffix.Length];
        if (!TryTakeLast(ref rest, out ReadOnlySpan<byte> operationText) || !TryTakeLast(ref rest, out ReadOnlySpan<byte> sequenceText)) return false;
        long operation = IngestNumber.Parse(operationText);
        if (operation is < (long)Operation.Start or > (long)Operation.Ping) return false;
        if (!IngestNumber.TryParse(sequenceText, out ulong sequence) || sequence is 0 or ulong.MaxValue) return false;
        bool fits = (Operation)operation switch { Operation.Start => sequence == 1, Operation.Append or Operation.CommitAlone => sequence > 1, _ => true };
        if (!fits || !TryTakeLast(ref rest, out ReadOnlySpan<byte> gap)) return false;
        bool gapIsFine = gap.SequenceEqual("ok"u8);
        if (!gapIsFine && !gap.SequenceEqual("fail"u8)) return false;
        if (!TryTakeLast(ref rest, out ReadOnlySpan<byte> flowText) || !TryTakeLast(ref rest, out ReadOnlySpan<byte> batchId)) return false;
        long flow = IngestNumber.Parse(flowText);
        command = new FastBatchCommand
        {
            BatchId = batchId,
            Sequence = sequence,
            Flow = (ushort)(flow <= 0 ? DefaultFlow : Math.Min(flow, ushort.MaxValue)),
            GapIsFine = gapIsFine,
            IsPing = (Operation)operation == Operation.Ping,
            Commits = (Operation)operation is Operation.Commit or Operation.CommitAlone,
            EndsAlone = (Operation)operation == Operation.CommitAlone,
        };
        return true;
    }

    // There has to be another token before it.
    private static bool TryTakeLast(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> token)
    {
        int dot = rest.LastIndexOf((byte)'.');
        token = rest[(dot + 1)..];
        if (dot < 0) return false;
        rest = rest[..dot];
        return true;
    }
}
