using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Tracing;

/// <summary>
/// Pure. What the headers of a message say of tracing: <c>Nats-Trace-Dest</c> with its case, <c>traceparent</c> (W3C) in any case. Reads a block as the
/// reference does here, which is not quite as it reads headers elsewhere: a key ends at the next colon, wherever that is, blanks on both sides of a value
/// do not belong to it, and headers without a value are none.
/// </summary>
internal static class TraceHeaders
{
    private const byte SampledFlag = 1;

    // A parent of a version to come may be longer; what has a state must be ready for 512.
    private const int LongestParent = 128;
    private const int LongestState = 512;

    public static ReadOnlySpan<byte> Destination => "Nats-Trace-Dest"u8;

    /// <summary>The value of <see cref="Destination"/> in a message that no other server may trace; no subject could be spelled so.</summary>
    public static ReadOnlySpan<byte> Disabled => "trace disabled"u8;

    private static ReadOnlySpan<byte> Parent => "traceparent"u8;

    private static ReadOnlySpan<byte> State => "tracestate"u8;

    /// <summary>Whether a block could name a destination: a quick look, which <see cref="Find"/> confirms.</summary>
    public static bool MayNameDestination(ReadOnlySpan<byte> block) => block.IndexOf(Destination) >= 0;

    /// <summary>What asks for a trace. Allocates nothing.</summary>
    public static TraceOrigin Find(ReadOnlySpan<byte> block)
    {
        bool hasDestination = false;
        bool hasParent = false;
        foreach (TraceHeader header in new TraceHeaderReader(block))
        {
            if (!hasParent && Ascii.EqualsIgnoreCase(header.Key, Parent))
            {
                hasParent = IsSampled(header.Value);
            }
            else if (!hasDestination && header.Key.SequenceEqual(Destination))
            {
                if (header.Value.SequenceEqual(Disabled)) return TraceOrigin.None;
                hasDestination = true;
            }
        }

        return hasDestination ? TraceOrigin.Destination : hasParent ? TraceOrigin.Parent : TraceOrigin.None;
    }

    /// <summary>The span of the application that a message belongs to. Allocates nothing unless there is one.</summary>
    /// <param name="block">The headers.</param>
    /// <param name="parent">The first <c>traceparent</c>, with the <c>tracestate</c>.</param>
    /// <param name="isSampled">Only such as are sampled count.</param>
    /// <returns>False when there is none, or none that is well-formed.</returns>
    public static bool TryFindParent(ReadOnlySpan<byte> block, out ActivityContext parent, bool isSampled)
    {
        parent = default;
        ReadOnlySpan<byte> found = default;
        ReadOnlySpan<byte> state = default;
        foreach (TraceHeader header in new TraceHeaderReader(block))
        {
            if (found.IsEmpty && Ascii.EqualsIgnoreCase(header.Key, Parent) && (!isSampled || IsSampled(header.Value))) found = header.Value;
            else if (state.IsEmpty && Ascii.EqualsIgnoreCase(header.Key, State)) state = header.Value;
        }

        if (found.IsEmpty || found.Length > LongestParent) return false;
        string? more = state.IsEmpty || state.Length > LongestState ? null : Encoding.ASCII.GetString(state);
        return ActivityContext.TryParse(Encoding.ASCII.GetString(found), more, isRemote: true, out parent);
    }

    /// <summary>All headers by their keys as they are spelled, keys in order.</summary>
    public static SortedDictionary<string, List<string>> Read(ReadOnlySpan<byte> block)
    {
        SortedDictionary<string, List<string>> headers = new(StringComparer.Ordinal);
        foreach (TraceHeader header in new TraceHeaderReader(block))
        {
            string key = Encoding.UTF8.GetString(header.Key);
            if (!headers.TryGetValue(key, out List<string>? values)) headers[key] = values = [];
            values.Add(Encoding.UTF8.GetString(header.Value));
        }

        return headers;
    }

    /// <summary>Writes a block in which the destination is another one, as the last header.</summary>
    /// <param name="block">The block; empty makes a new one.</param>
    /// <param name="destination">A subject, or <see cref="Disabled"/>.</param>
    /// <param name="output">Gets the new block.</param>
    public static void Redirect(ReadOnlySpan<byte> block, ReadOnlySpan<byte> destination, IBufferWriter<byte> output)
    {
        // A line that is cut off must not become a whole one by what follows it.
        if (!block.EndsWith("\r\n"u8)) block = (byte[])[.. block, .. "\r\n"u8];
        var rest = new ArrayBufferWriter<byte>(block.Length);
        bool isLeft = MessageHeaders.Remove(block, Destination, rest);
        MessageHeaders.Append(isLeft ? rest.WrittenSpan : default, Destination, destination, output);
    }

    // 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01; flags above 7f are no number to the reference.
    private static bool IsSampled(ReadOnlySpan<byte> value)
    {
        int flags = value.LastIndexOf((byte)'-') + 1;
        if (value.Count((byte)'-') != 3 || value.Length - flags != 2) return false;
        value = value[flags..];
        if (value[0] == '+') value = value[1..];
        return byte.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte bits) && bits <= 0x7F && (bits & SampledFlag) != 0;
    }
}

/// <summary>What asks for a trace.</summary>
internal enum TraceOrigin : byte
{
    None,

    /// <summary>The message names where the trace goes.</summary>
    Destination,

    /// <summary>The message belongs to a sampled trace of the application: the trace goes where the account says.</summary>
    Parent,
}
