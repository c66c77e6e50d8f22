using System.Buffers;
using System.Buffers.Text;
using System.Text;
using NATS.Server.Accounts;

namespace NATS.Server.Delivery;

/// <summary>
/// The header that tells a responder who asks: <c>Nats-Request-Info: {"acc":"A","rtt":1200}</c>, with more when the importing account shares it. Pure.
/// </summary>
internal static class RequestInfo
{
    // Only a request with such a reply needs to know it after an import has replaced it.
    private static ReadOnlySpan<byte> FastBatchSuffix => ".$FI"u8;

    private static ReadOnlySpan<byte> Key => "Nats-Request-Info"u8;

    /// <summary>Writes a request's header block with the header in it; what the client sent under that name, however spelled, is left out.</summary>
    /// <param name="headers">The client's header block; empty without one.</param>
    /// <param name="origin">Who asks.</param>
    /// <param name="server">The server's name as a JSON string.</param>
    /// <param name="reply">The reply subject of the requester.</param>
    /// <param name="output">Gets the new block.</param>
    public static void Write(ReadOnlySpan<byte> headers, in RequestOrigin origin, byte[] server, ReadOnlySpan<byte> reply, IBufferWriter<byte> output)
    {
        if (headers.Length <= 2) output.Write("NATS/1.0\r\n"u8);
        else WriteWithoutInfo(headers, output);
        if (origin.Client is not null)
        {
            output.Write("Nats-Request-Info: "u8);
            WriteJson(origin, server, reply.EndsWith(FastBatchSuffix) ? reply : default, output);
            output.Write("\r\n"u8);
        }

        output.Write("\r\n"u8);
    }

    /// <summary>Writes who asks as a JSON object.</summary>
    public static void WriteJson(in RequestOrigin origin, byte[] server, ReadOnlySpan<byte> reply, IBufferWriter<byte> output)
    {
        ClientIdentityJson json = origin.Client!.Json;
        output.Write(origin.IsDetailed ? json.Detailed : json.Brief);
        if (origin.Service is { } service)
        {
            output.Write(",\"svc\":"u8);
            output.Write(service);
        }

        if (origin.IsDetailed) output.Write(json.Names);
        if (origin.RoundTripNs != 0)
        {
            output.Write(",\"rtt\":"u8);
            Utf8Formatter.TryFormat(origin.RoundTripNs, output.GetSpan(20), out int written);
            output.Advance(written);
        }

        if (origin.IsDetailed || origin.NamesServer)
        {
            output.Write(",\"server\":"u8);
            output.Write(server);
        }

        if (origin.IsDetailed) output.Write(json.Credentials);
        if (!reply.IsEmpty)
        {
            output.Write(",\"reply\":"u8);
            output.Write(ClientIdentityJson.Text(Encoding.UTF8.GetString(reply)));
        }

        output.Write("}"u8);
    }

    /// <summary>
    /// Copies the lines of a block up to its empty line. Some clients take a bare line feed for the end of a line, so lines end at line feeds here, and what
    /// is copied ends with a whole line end: nothing may hide in, or hide, what follows.
    /// </summary>
    private static void WriteWithoutInfo(ReadOnlySpan<byte> headers, IBufferWriter<byte> output)
    {
        int kept = 0;
        int at = 0;
        bool endsWhole = true;
        while (at < headers.Length)
        {
            int length = headers[at..].IndexOf((byte)'\n');
            int next = length < 0 ? headers.Length : at + length + 1;
            ReadOnlySpan<byte> line = headers[at..next].TrimEnd("\r\n"u8);
            if (at > 0 && line.IsEmpty) break;
            if (at > 0 && IsInfo(line))
            {
                output.Write(headers[kept..at]);
                kept = next;
            }
            else
            {
                endsWhole = headers[at..next].EndsWith("\r\n"u8);
            }

            at = next;
        }

        output.Write(headers[kept..at]);
        if (!endsWhole) output.Write("\r\n"u8);
    }

    private static bool IsInfo(ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t\r"u8);
        if (line.Length <= Key.Length || !Ascii.EqualsIgnoreCase(line[..Key.Length], Key)) return false;
        return line[Key.Length..].TrimStart(" \t"u8) is [(byte)':', ..];
    }
}
