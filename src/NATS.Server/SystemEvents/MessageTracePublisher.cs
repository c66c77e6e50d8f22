using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Sessions;
using NATS.Server.Tracing;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Publishes traces of messages in the publisher's account, if somebody is there to get them, in the batch of the message: who gets both gets the message
/// first. Thread-safe.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="stamp">Says which server it is.</param>
/// <param name="engine">Lends contexts.</param>
internal sealed class MessageTracePublisher(ServerContext server, ServerStamp stamp, IConnectionEngine engine) : IMessageTraceSink
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    public void Publish(LoopContext loop, Account account, MessageTrace trace)
    {
        byte[] subject = Encoding.UTF8.GetBytes(trace.Destination);
        if (server.Accounts.System is null || !account.HasInterest(subject)) return;
        var json = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(json, JsonOptions))
        {
            writer.WriteStartObject();
            stamp.Write(writer);
            trace.Write(writer);
            writer.WriteEndObject();
        }

        ReadOnlySpan<byte> payload = json.WrittenSpan;
        byte[] headers = Encode(trace.AcceptedEncodings, ref payload);
        new InternalClient(account, engine).Publish(loop, subject, reply: default, headers, payload);
    }

    // Unknown encodings are answered by saying that there is none.
    private static byte[] Encode(string accepted, ref ReadOnlySpan<byte> payload)
    {
        if (accepted.Length == 0) return [];
        string encoding = "identity";
        if (accepted.Contains("snappy", StringComparison.OrdinalIgnoreCase) || accepted.Contains("s2", StringComparison.OrdinalIgnoreCase))
        {
            var output = new ArrayBufferWriter<byte>(payload.Length);
            S2Stream.Compress(payload, output, S2Framing.Snappy);
            payload = output.WrittenSpan;
            encoding = "snappy";
        }
        else if (accepted.Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            using var output = new MemoryStream(payload.Length);
            using (var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(payload);
            payload = output.ToArray();
            encoding = "gzip";
        }

        return Encoding.ASCII.GetBytes($"NATS/1.0\r\nContent-Encoding: {encoding}\r\n\r\n");
    }
}
