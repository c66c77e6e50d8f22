namespace NATS.Server.Core.Protocol;

/// <summary>
/// One published message as it stands in the receive buffer: spans, no copies. Valid only during the call that passes it.
/// The frame is <c>PUB subject [reply] size\r\npayload\r\n</c> or <c>HPUB subject [reply] header-size total-size\r\nheaders payload\r\n</c>.
/// </summary>
/// <remarks>
/// A canonical frame separates its arguments by single spaces and has no empty header block. What follows its subject is then
/// byte for byte what follows the subject and sid of the outgoing MSG or HMSG, so that a delivery is three copies and formats nothing.
/// </remarks>
public readonly ref struct InboundMessage
{
    private readonly Span<byte> _frame;
    private readonly int _subjectStart;
    private readonly int _subjectLength;
    private readonly int _replyStart;
    private readonly int _replyLength;
    private readonly int _bodyStart;
    private readonly ReadOnlySpan<byte> _head;

    /// <summary>Describes a complete frame.</summary>
    /// <param name="frame">From the first byte of the verb to the final line feed.</param>
    /// <param name="subject">Where the subject stands in the frame.</param>
    /// <param name="reply">Where the reply stands in the frame; empty without one.</param>
    /// <param name="bodyStart">Where headers and payload begin.</param>
    /// <param name="headerSize">Bytes of the header block; -1 for PUB.</param>
    /// <param name="isCanonical">See the remarks of the type.</param>
    public InboundMessage(Span<byte> frame, (int Start, int Length) subject, (int Start, int Length) reply, int bodyStart, int headerSize, bool isCanonical)
    {
        _frame = frame;
        (_subjectStart, _subjectLength) = subject;
        (_replyStart, _replyLength) = reply;
        _bodyStart = bodyStart;
        HeaderSize = headerSize;
        IsCanonical = isCanonical;
    }

    /// <summary>Describes a complete canonical frame.</summary>
    internal InboundMessage(Span<byte> frame, int subjectStart, int subjectLength, int replyStart, int replyLength, int bodyStart, int headerSize)
    {
        _frame = frame;
        _subjectStart = subjectStart;
        _subjectLength = subjectLength;
        _replyStart = replyStart;
        _replyLength = replyLength;
        _bodyStart = bodyStart;
        HeaderSize = headerSize;
        IsCanonical = true;
    }

    // Field by field: a copy of the whole would load in one what was stored in parts a moment ago, and wait for it.
    private InboundMessage(scoped in InboundMessage original, ReadOnlySpan<byte> head)
    {
        _frame = original._frame;
        _subjectStart = original._subjectStart;
        _subjectLength = original._subjectLength;
        _replyStart = original._replyStart;
        _replyLength = original._replyLength;
        _bodyStart = original._bodyStart;
        HeaderSize = original.HeaderSize;
        IsCanonical = original.IsCanonical;
        _head = head;
        IsMapped = true;
    }

    /// <summary>How the head of a message on another subject begins, see <see cref="WithHead"/>.</summary>
    public static ReadOnlySpan<byte> HeadPrefix => "HMSG "u8;

    /// <summary>The subject that decides: the mapped one when a mapping applied.</summary>
    public ReadOnlySpan<byte> Subject => IsMapped ? _head[HeadPrefix.Length..^1] : _frame.Slice(_subjectStart, _subjectLength);

    /// <summary>Whether a subject mapping replaced the published subject.</summary>
    public bool IsMapped { get; }

    /// <summary>The subject as it was published.</summary>
    public ReadOnlySpan<byte> PublishedSubject => _frame.Slice(_subjectStart, _subjectLength);

    public ReadOnlySpan<byte> Reply => _frame.Slice(_replyStart, _replyLength);

    public bool HasReply => _replyLength > 0;

    /// <summary>Bytes of the header block, -1 when the message was published without one (PUB).</summary>
    public int HeaderSize { get; }

    public bool HasHeaders => HeaderSize > 0;

    /// <summary>Headers and payload, without the final CR LF.</summary>
    public int Size => _frame.Length - _bodyStart - 2;

    public ReadOnlySpan<byte> Headers => HeaderSize > 0 ? _frame.Slice(_bodyStart, HeaderSize) : default;

    /// <summary>Headers, payload and the final CR LF.</summary>
    public ReadOnlySpan<byte> Body => _frame[_bodyStart..];

    /// <summary>The payload alone.</summary>
    public ReadOnlySpan<byte> Payload => _frame[(_bodyStart + Math.Max(0, HeaderSize))..^2];

    /// <summary>Whether the frame is canonical; see the remarks of the type.</summary>
    public bool IsCanonical { get; }

    /// <summary>The whole frame, from the verb to the final line feed, on the subject it was published to.</summary>
    public ReadOnlySpan<byte> Frame => _frame;

    /// <summary>Bytes of the frame up to and including the blank after the subject: where a delivery has its sid. Canonical frames only.</summary>
    public int HeadLength => _subjectStart + _subjectLength + 1;

    /// <summary>What a delivery has before its sid. Canonical frames that were turned into a delivery only.</summary>
    public ReadOnlySpan<byte> Head => !IsMapped ? _frame[..HeadLength] : HeaderSize < 0 ? _head[1..] : _head;

    /// <summary>What a delivery has after its sid and a blank. Canonical frames only.</summary>
    public ReadOnlySpan<byte> Tail => _frame[HeadLength..];

    /// <summary>Writes MSG over PUB, HMSG over HPUB in the receive buffer, which the caller owns.</summary>
    public void TurnIntoDelivery()
    {
        if (HeaderSize < 0)
        {
            "MSG "u8.CopyTo(_frame);
        }
        else
        {
            "HMSG"u8.CopyTo(_frame);
        }
    }

    /// <summary>The same message on another subject.</summary>
    /// <param name="head"><see cref="HeadPrefix"/>, the subject, and a blank.</param>
    public InboundMessage WithHead(ReadOnlySpan<byte> head) => new(in this, head);
}
