using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NATS.Server.Core.Protocol;

/// <summary>
/// Reads the client protocol in place. Pure: bytes in, calls of the handler out. The caller keeps what was not consumed and passes it again,
/// followed by more, so that an operation always stands in one piece; no split of the stream changes what is called.
/// </summary>
public static class NatsParser
{
    /// <summary>A size has at most this many digits; more cannot be a payload.</summary>
    private const int MaxSizeDigits = 9;

    /// <summary>Lines up to this length are taken apart with two vector loads.</summary>
    private const int FastLine = 64;

    /// <summary>Handles every complete operation in <paramref name="data"/>.</summary>
    /// <param name="data">Unconsumed bytes of earlier calls and what followed them. May be written to while a publish is handled.</param>
    /// <param name="handler">Called for each operation, in order.</param>
    /// <param name="state">The connection's state.</param>
    /// <param name="consumed">How many bytes need not be passed again.</param>
    public static ParseOutcome Parse<THandler>(Span<byte> data, ref THandler handler, ref ParserState state, out int consumed)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        int position = 0;
        state.Needed = 0;
        while (true)
        {
            Span<byte> rest = data[position..];
            if (rest.IsEmpty)
            {
                consumed = position;
                return ParseOutcome.NeedMore;
            }

            ParseOutcome outcome;
            int length;
            if (!state.ExpectConnect && state.Skipping == SkippedLine.None && TryFastPublish(rest, ref handler, ref state, out length, out outcome))
            {
                position += length;
                if (outcome == ParseOutcome.NeedMore && length > 0) continue;
                consumed = position;
                return outcome;
            }

            outcome = ParseOne(rest, ref handler, ref state, out length);
            position += length;
            if (outcome == ParseOutcome.NeedMore && length > 0) continue;
            consumed = position;
            return outcome;
        }
    }

    /// <summary>The hot path: <c>PUB subject [reply] size\r\n</c> or HPUB in canonical form with a line of at most 64 bytes.</summary>
    /// <returns>False when the operation is something else, or not canonical, or its line is incomplete.</returns>
    private static bool TryFastPublish<THandler>(Span<byte> data, ref THandler handler, ref ParserState state, out int length, out ParseOutcome outcome)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        length = 0;
        outcome = ParseOutcome.NeedMore;
        if (data.Length < 5 + FastLine || state.PublishAccepted || !Vector256.IsHardwareAccelerated) return false;
        ref byte start = ref MemoryMarshal.GetReference(data);
        uint verb = Unsafe.ReadUnaligned<uint>(ref start);
        int arguments;
        bool hasHeaders;
        if (verb == Word("PUB "u8))
        {
            arguments = 4;
            hasHeaders = false;
        }
        else if (verb == Word("HPUB"u8) && Unsafe.Add(ref start, 4) == ' ')
        {
            arguments = 5;
            hasHeaders = true;
        }
        else
        {
            return false;
        }

        ref byte line = ref Unsafe.Add(ref start, arguments);
        Vector256<byte> low = Vector256.LoadUnsafe(ref line);
        Vector256<byte> high = Vector256.LoadUnsafe(ref line, 32);
        ulong returns = Mask(low, high, (byte)'\r');
        if (returns == 0) return false;
        int end = BitOperations.TrailingZeroCount(returns);
        ulong inLine = (1UL << end) - 1;
        ulong spaces = Mask(low, high, (byte)' ') & inLine;
        ulong tabsAndFeeds = (Mask(low, high, (byte)'\t') | Mask(low, high, (byte)'\n')) & inLine;
        // One space between arguments, none at either end, no tab, no bare line feed, and the line feed after the return.
        if (end == 0 || tabsAndFeeds != 0 || (spaces & 1) != 0 || (spaces & (spaces << 1)) != 0 || ((spaces >> (end - 1)) & 1) != 0) return false;
        if (end >= 63 || Unsafe.Add(ref line, end + 1) != '\n') return false;

        int separators = BitOperations.PopCount(spaces);
        int expected = hasHeaders ? 2 : 1;
        if (separators != expected && separators != expected + 1) return false;
        int subjectLength = BitOperations.TrailingZeroCount(spaces);
        int cursor = subjectLength + 1;
        spaces &= spaces - 1;
        int replyStart = 0;
        int replyLength = 0;
        if (separators == expected + 1)
        {
            int next = BitOperations.TrailingZeroCount(spaces);
            spaces &= spaces - 1;
            replyStart = arguments + cursor;
            replyLength = next - cursor;
            cursor = next + 1;
        }

        int headerSize = -1;
        if (hasHeaders)
        {
            int next = BitOperations.TrailingZeroCount(spaces);
            if (!TryParseSize(ref Unsafe.Add(ref line, cursor), next - cursor, out headerSize)) return false;
            cursor = next + 1;
        }

        if (!TryParseSize(ref Unsafe.Add(ref line, cursor), end - cursor, out int totalSize)) return false;
        if (headerSize > totalSize || headerSize == 0 || end > state.MaxControlLine) return false;
        int bodyStart = arguments + end + 2;
        int bodyEnd = bodyStart + totalSize;
        if (data.Length < bodyEnd + 2 || Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref start, bodyEnd)) != 0x0A0D) return false;
        if (!handler.AcceptsPublish(totalSize, hasHeaders)) return false;
        length = bodyEnd + 2;
        var message = new InboundMessage(data[..length], arguments, subjectLength, replyStart, replyLength, bodyStart, headerSize);
        outcome = handler.OnPublish(message) ? ParseOutcome.NeedMore : ParseOutcome.Stopped;
        return true;
    }

    private static ParseOutcome FinishPublish<THandler>(
        Span<byte> data, ReadOnlySpan<byte> arguments, in PublishLine line, ref THandler handler, ref ParserState state, out int length)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        length = 0;
        if (!state.PublishAccepted)
        {
            if (!handler.OnPublishLine(arguments, line, data[line.BodyStart..])) return ParseOutcome.Stopped;
            state.PublishAccepted = true;
        }

        int end = line.BodyStart + line.TotalSize;
        if (data.Length < end + 2)
        {
            if (data.Length > end && data[end] != '\r') return ParseOutcome.UnknownOperation;
            state.Needed = end + 2;
            return ParseOutcome.NeedMore;
        }

        if (data[end] != '\r' || data[end + 1] != '\n') return ParseOutcome.UnknownOperation;
        state.PublishAccepted = false;
        length = end + 2;
        var message = new InboundMessage(
            data[..length],
            (line.SubjectStart, line.SubjectLength),
            (line.ReplyStart, line.ReplyLength),
            line.BodyStart,
            line.HeaderSize,
            line.IsCanonical);
        return handler.OnPublish(message) ? ParseOutcome.NeedMore : ParseOutcome.Stopped;
    }

    private static ParseOutcome ParseOne<THandler>(Span<byte> data, ref THandler handler, ref ParserState state, out int length)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        length = 0;
        if (state.Skipping != SkippedLine.None) return SkipLine(data, ref handler, ref state, out length);

        byte first = Lower(data[0]);
        if (state.ExpectConnect && first != 'c')
        {
            if (!handler.OnOperationBeforeConnect(data[0])) return ParseOutcome.Stopped;
            state.ExpectConnect = false;
        }

        switch (first)
        {
            case (byte)'p':
                if (data.Length == 1) return ParseOutcome.NeedMore;
                switch (Lower(data[1]))
                {
                    case (byte)'u': return Publish(data, "pub"u8, ref handler, ref state, out length);
                    case (byte)'i': return Skip(data, "ping"u8, SkippedLine.Ping, ref handler, ref state, out length);
                    case (byte)'o': return Skip(data, "pong"u8, SkippedLine.Pong, ref handler, ref state, out length);
                    default: return ParseOutcome.UnknownOperation;
                }

            case (byte)'h': return Publish(data, "hpub"u8, ref handler, ref state, out length);
            case (byte)'s': return Line(data, "sub"u8, LineKind.Subscribe, ref handler, state, out length);
            case (byte)'u': return Line(data, "unsub"u8, LineKind.Unsubscribe, ref handler, state, out length);
            case (byte)'c': return Line(data, "connect"u8, LineKind.Connect, ref handler, state, out length);
            case (byte)'i': return Line(data, "info"u8, LineKind.Info, ref handler, state, out length);
            case (byte)'-': return Line(data, "-err"u8, LineKind.Error, ref handler, state, out length);
            case (byte)'+': return Skip(data, "+ok"u8, SkippedLine.Ok, ref handler, ref state, out length);
            default: return ParseOutcome.UnknownOperation;
        }
    }

    private enum LineKind : byte
    {
        Connect,
        Info,
        Subscribe,
        Unsubscribe,
        Error,
    }

    /// <summary>Compares the verb as far as it has arrived. 0: mismatch, 1: still matching but incomplete, 2: complete.</summary>
    private static int MatchVerb(ReadOnlySpan<byte> data, ReadOnlySpan<byte> verb)
    {
        int count = Math.Min(data.Length, verb.Length);
        for (int i = 0; i < count; i++)
        {
            if (Lower(data[i]) != verb[i]) return 0;
        }

        return count == verb.Length ? 2 : 1;
    }

    /// <summary>Finds the arguments of a control line: after the verb and blanks, up to the line feed, without a carriage return before it.</summary>
    /// <param name="data">From the start of the operation.</param>
    /// <param name="verb">The verb in lower case.</param>
    /// <param name="blankRequired">Whether a blank must follow the verb (CONNECT and INFO do without).</param>
    /// <param name="maxControlLine">Longest arguments.</param>
    /// <param name="arguments">Start and length of the arguments.</param>
    /// <param name="next">Where the next operation begins.</param>
    private static ParseOutcome? FindLine(
        ReadOnlySpan<byte> data, ReadOnlySpan<byte> verb, bool blankRequired, int maxControlLine, out (int Start, int Length) arguments, out int next)
    {
        arguments = default;
        next = 0;
        switch (MatchVerb(data, verb))
        {
            case 0: return ParseOutcome.UnknownOperation;
            case 1: return ParseOutcome.NeedMore;
        }

        int start = verb.Length;
        if (start == data.Length) return ParseOutcome.NeedMore;
        if (blankRequired && !IsBlank(data[start])) return ParseOutcome.UnknownOperation;
        while (start < data.Length && IsBlank(data[start])) start++;
        if (start > verb.Length + maxControlLine) return ParseOutcome.ControlLineTooLong;
        if (start == data.Length) return ParseOutcome.NeedMore;

        // The byte that opens the arguments belongs to them, whatever it is, so that an empty line is an empty argument list only with CR LF.
        int feed = data[(start + 1)..].IndexOf((byte)'\n');
        if (feed < 0)
        {
            // A carriage return does not count: the line feed that makes it the end of the line may be the next byte.
            int arrived = data.Length - start;
            if (arrived > maxControlLine && data[start..].Contains((byte)'\r')) arrived--;
            return arrived > maxControlLine ? ParseOutcome.ControlLineTooLong : ParseOutcome.NeedMore;
        }

        int end = start + 1 + feed;
        next = end + 1;
        if (data[start..end].Contains((byte)'\r')) end--;
        if (end - start > maxControlLine) return ParseOutcome.ControlLineTooLong;
        arguments = (start, Math.Max(0, end - start));
        return null;
    }

    private static ParseOutcome Line<THandler>(
        ReadOnlySpan<byte> data, ReadOnlySpan<byte> verb, LineKind kind, ref THandler handler, in ParserState state, out int length)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        length = 0;
        bool blankRequired = kind is not (LineKind.Connect or LineKind.Info);
        if (FindLine(data, verb, blankRequired, state.MaxControlLine, out (int Start, int Length) found, out int next) is { } outcome) return outcome;
        ReadOnlySpan<byte> arguments = data.Slice(found.Start, found.Length);
        length = next;
        bool goOn = kind switch
        {
            LineKind.Connect => handler.OnConnect(arguments),
            LineKind.Info => handler.OnInfo(arguments),
            LineKind.Subscribe => handler.OnSubscribe(arguments),
            LineKind.Unsubscribe => handler.OnUnsubscribe(arguments),
            _ => handler.OnError(arguments),
        };
        return goOn ? ParseOutcome.NeedMore : ParseOutcome.Stopped;
    }

    private static ParseOutcome Skip<THandler>(
        Span<byte> data, ReadOnlySpan<byte> verb, SkippedLine kind, ref THandler handler, ref ParserState state, out int length)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        length = 0;
        switch (MatchVerb(data, verb))
        {
            case 0: return ParseOutcome.UnknownOperation;
            case 1: return ParseOutcome.NeedMore;
        }

        state.Skipping = kind;
        ParseOutcome outcome = SkipLine(data[verb.Length..], ref handler, ref state, out int skipped);
        length = verb.Length + skipped;
        return outcome;
    }

    private static ParseOutcome SkipLine<THandler>(Span<byte> data, ref THandler handler, ref ParserState state, out int length)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        int feed = data.IndexOf((byte)'\n');
        if (feed < 0)
        {
            length = data.Length;
            return ParseOutcome.NeedMore;
        }

        length = feed + 1;
        SkippedLine kind = state.Skipping;
        state.Skipping = SkippedLine.None;
        bool goOn = kind switch
        {
            SkippedLine.Ping => handler.OnPing(),
            SkippedLine.Pong => handler.OnPong(),
            _ => true,
        };
        return goOn ? ParseOutcome.NeedMore : ParseOutcome.Stopped;
    }

    /// <summary>PUB and HPUB in any accepted spelling: lower case, tabs, repeated blanks, a bare line feed.</summary>
    private static ParseOutcome Publish<THandler>(Span<byte> data, ReadOnlySpan<byte> verb, ref THandler handler, ref ParserState state, out int length)
        where THandler : struct, INatsOperationHandler, allows ref struct
    {
        length = 0;
        if (FindLine(data, verb, blankRequired: true, state.MaxControlLine, out (int Start, int Length) found, out int next) is { } outcome) return outcome;
        bool hasHeaders = verb.Length == 4;
        PublishLine line = TakeApart(data, found.Start, found.Length, verb.Length + 1, next, hasHeaders);
        if (line.Error != PublishLineError.None)
        {
            handler.OnPublishLine(data.Slice(found.Start, found.Length), line, body: default);
            return ParseOutcome.Stopped;
        }

        return FinishPublish(data, data.Slice(found.Start, found.Length), line, ref handler, ref state, out length);
    }

    private static PublishLine TakeApart(ReadOnlySpan<byte> data, int start, int length, int canonicalStart, int next, bool hasHeaders)
    {
        PublishLine line = default;
        line.HeaderSize = -1;
        line.BodyStart = next;
        line.IsCanonical = start == canonicalStart && data[canonicalStart - 1] == ' ' && next == start + length + 2 && data[next - 2] == '\r';
        Span<(int Start, int Length)> found = stackalloc (int, int)[4];
        int count = 0;
        int token = -1;
        for (int i = start; i <= start + length; i++)
        {
            bool blank = i == start + length || IsBlank(data[i]);
            if (!blank)
            {
                if (token < 0)
                {
                    token = i;
                    if (i > start && (data[i - 1] == '\t' || IsBlank(data[i - 2]))) line.IsCanonical = false;
                }
            }
            else if (token >= 0)
            {
                if (count == found.Length)
                {
                    line.Error = PublishLineError.Arguments;
                    return line;
                }

                found[count++] = (token, i - token);
                token = -1;
            }
            else
            {
                line.IsCanonical = false;
            }
        }

        int sizes = hasHeaders ? 2 : 1;
        if (count != 1 + sizes && count != 2 + sizes)
        {
            line.Error = PublishLineError.Arguments;
            return line;
        }

        (line.SubjectStart, line.SubjectLength) = found[0];
        if (count == 2 + sizes) (line.ReplyStart, line.ReplyLength) = found[1];
        if (hasHeaders)
        {
            (int Start, int Length) header = found[count - 2];
            line.HeaderSize = ParseSize(data.Slice(header.Start, header.Length));
            if (line.HeaderSize < 0)
            {
                line.Error = PublishLineError.HeaderSize;
                return line;
            }
        }

        (int Start, int Length) total = found[count - 1];
        line.TotalSize = ParseSize(data.Slice(total.Start, total.Length));
        if (line.TotalSize < 0) line.Error = PublishLineError.TotalSize;
        else if (line.HeaderSize > line.TotalSize) line.Error = PublishLineError.HeaderLargerThanTotal;

        // An empty header block is no header block: it is delivered as MSG, without the size of the headers.
        if (line.HeaderSize == 0) line.IsCanonical = false;
        return line;
    }

    /// <summary>A decimal of at most nine digits, -1 for anything else: more digits are an error, not a large number, as in the reference.</summary>
    private static int ParseSize(ReadOnlySpan<byte> digits)
    {
        if (digits.IsEmpty || digits.Length > MaxSizeDigits) return -1;
        int value = 0;
        foreach (byte digit in digits)
        {
            int d = digit - '0';
            if ((uint)d > 9) return -1;
            value = (value * 10) + d;
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryParseSize(ref byte digits, int count, out int value)
    {
        value = 0;
        if ((uint)(count - 1) >= MaxSizeDigits) return false;
        for (int i = 0; i < count; i++)
        {
            int d = Unsafe.Add(ref digits, i) - '0';
            if ((uint)d > 9) return false;
            value = (value * 10) + d;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mask(Vector256<byte> low, Vector256<byte> high, byte value)
    {
        Vector256<byte> pattern = Vector256.Create(value);
        return Vector256.Equals(low, pattern).ExtractMostSignificantBits() | ((ulong)Vector256.Equals(high, pattern).ExtractMostSignificantBits() << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(ReadOnlySpan<byte> four) => Unsafe.ReadUnaligned<uint>(ref MemoryMarshal.GetReference(four));

    private static byte Lower(byte b) => (uint)(b - 'A') <= 'Z' - 'A' ? (byte)(b | 0x20) : b;

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t';
}
