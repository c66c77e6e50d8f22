namespace NATS.Server.Core.Protocol;

/// <summary>What <see cref="NatsParser"/> remembers of one connection between two calls. Owned by the connection's read loop.</summary>
public struct ParserState
{
    /// <summary>Longest accepted argument of a control line, in bytes (<c>max_control_line</c>).</summary>
    public int MaxControlLine;

    /// <summary>Until CONNECT arrived where it is required: any other first byte asks the handler.</summary>
    public bool ExpectConnect;

    /// <summary>Bytes from the start of the unconsumed operation to its end, once known; 0 while its control line is incomplete.</summary>
    public int Needed;

    /// <summary>The control line of the unconsumed publish has been seen and accepted: it is not checked or traced again.</summary>
    internal bool PublishAccepted;

    /// <summary>The rest of a line whose content does not matter (PING, PONG, +OK) is being skipped.</summary>
    internal SkippedLine Skipping;
}

/// <summary>Operations whose line is skipped to its end.</summary>
internal enum SkippedLine : byte
{
    None,
    Ping,
    Pong,
    Ok,
}

/// <summary>How a call of the parser ended.</summary>
public enum ParseOutcome : byte
{
    /// <summary>Everything complete was handled; what is left needs more bytes.</summary>
    NeedMore,

    /// <summary>The handler asked to stop: the connection is closing or waits for something.</summary>
    Stopped,

    /// <summary>Bytes that are no operation: the peer is told and the connection closed.</summary>
    UnknownOperation,

    /// <summary>A control line longer than allowed.</summary>
    ControlLineTooLong,
}

/// <summary>What a client session does with the operations the parser finds. Spans are valid during the call only. False stops the parser.</summary>
public interface INatsOperationHandler
{
    /// <summary>Whether a complete, canonical publish needs none of the checks of <see cref="OnPublishLine"/>, which is then not called for it.</summary>
    /// <param name="totalSize">Headers and payload in bytes.</param>
    /// <param name="hasHeaders">HPUB.</param>
    bool AcceptsPublish(int totalSize, bool hasHeaders);

    /// <summary>Something else than CONNECT came first although it is required. True: go on (the connection has been authenticated otherwise).</summary>
    bool OnOperationBeforeConnect(byte first);

    bool OnConnect(ReadOnlySpan<byte> json);

    bool OnInfo(ReadOnlySpan<byte> json);

    bool OnPing();

    bool OnPong();

    bool OnError(ReadOnlySpan<byte> text);

    bool OnSubscribe(ReadOnlySpan<byte> arguments);

    bool OnUnsubscribe(ReadOnlySpan<byte> arguments);

    /// <summary>A publish control line, seen once and before its payload arrived: sizes are checked here.</summary>
    /// <param name="arguments">The raw arguments.</param>
    /// <param name="line">The arguments, taken apart; <see cref="PublishLine.Error"/> says what is wrong with them.</param>
    /// <param name="body">What has arrived of headers and payload, perhaps with what follows them; empty when the line is wrong.</param>
    bool OnPublishLine(ReadOnlySpan<byte> arguments, in PublishLine line, ReadOnlySpan<byte> body);

    /// <summary>A complete message.</summary>
    bool OnPublish(in InboundMessage message);
}

/// <summary>The arguments of PUB or HPUB. Offsets count from the start of the operation.</summary>
public struct PublishLine
{
    public int SubjectStart;
    public int SubjectLength;
    public int ReplyStart;
    public int ReplyLength;

    /// <summary>-1 for PUB.</summary>
    public int HeaderSize;

    /// <summary>Headers and payload in bytes.</summary>
    public int TotalSize;

    /// <summary>Where headers and payload begin.</summary>
    public int BodyStart;
    public bool IsCanonical;
    public PublishLineError Error;
}

/// <summary>What can be wrong with the arguments of PUB or HPUB.</summary>
public enum PublishLineError : byte
{
    None,

    /// <summary>Not the right number of arguments.</summary>
    Arguments,
    HeaderSize,
    TotalSize,
    HeaderLargerThanTotal,
}
