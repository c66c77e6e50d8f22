using System.Buffers.Text;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Protocol;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Pure. The header that says how long a message lives, and those that make it a delete marker.</summary>
internal static class MessageTtl
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int LongestValue = 64;

    /// <summary>Reads the time to live.</summary>
    /// <param name="headers">Of a stored message; empty for none.</param>
    /// <returns>Seconds; 0 without the header or when it is not valid, -1 for "never".</returns>
    public static long SecondsOf(ReadOnlySpan<byte> headers)
    {
        // Nats-TTL: never | <Go duration of a second or more> | <seconds>
        if (headers.IsEmpty || !MessageHeaders.TryGet(headers, "Nats-TTL"u8, out ReadOnlySpan<byte> value) || value.IsEmpty || value.Length > LongestValue) return 0;
        if (Ascii.EqualsIgnoreCase(value, "never"u8)) return -1;
        if (Utf8Parser.TryParse(value, out long seconds, out int read) && read == value.Length) return value[0] is >= (byte)'0' and <= (byte)'9' ? seconds : 0;
        if (!GoDuration.TryParse(Encoding.Latin1.GetString(value), out TimeSpan duration, out _) || duration < TimeSpan.FromSeconds(1)) return 0;
        return (long)duration.TotalSeconds;
    }

    /// <summary>When a message ends, nanoseconds since 1970; <see cref="long.MaxValue"/> when that is beyond what can be said.</summary>
    public static long EndOf(long timestampNs, long seconds)
    {
        Int128 end = timestampNs + ((Int128)seconds * NanosecondsPerSecond);
        return end > long.MaxValue ? long.MaxValue : (long)end;
    }

    /// <summary>Whether a message is the marker that its subject was deleted: of the server, or of a client of a key-value bucket.</summary>
    public static bool IsDeleteMarker(ReadOnlySpan<byte> headers)
    {
        if (headers.IsEmpty) return false;
        if (MessageHeaders.TryGet(headers, "Nats-Marker-Reason"u8, out ReadOnlySpan<byte> reason) && !reason.IsEmpty) return true;
        return MessageHeaders.TryGet(headers, "KV-Operation"u8, out ReadOnlySpan<byte> operation) && operation.SequenceEqual("PURGE"u8);
    }

    /// <summary>Whether a message replaces those before it, so that it may be stored where its subject is full.</summary>
    public static bool IsRollup(ReadOnlySpan<byte> headers) =>
        !headers.IsEmpty && MessageHeaders.TryGet(headers, "Nats-Rollup"u8, out ReadOnlySpan<byte> value) && !value.IsEmpty;
}
