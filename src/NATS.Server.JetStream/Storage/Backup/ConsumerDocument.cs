using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage.Consumers;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Pure. The configuration of a consumer as JSON, as far as its store has to know it, and between the form of <c>meta.inf</c> and that of the API.</summary>
/// <remarks><c>meta.inf</c> has the same object with <c>Created</c> and <c>Name</c> in front.</remarks>
public static class ConsumerDocument
{
    /// <summary>The configuration in <c>meta.inf</c>.</summary>
    /// <param name="metadata">All of the file, decrypted.</param>
    /// <returns>Null when it is not one whole JSON object.</returns>
    public static byte[]? FromMetadata(ReadOnlyMemory<byte> metadata)
    {
        if (!JsonProperties.TryRead(metadata, out List<JsonPart> parts)) return null;
        var output = new MemoryStream();
        output.WriteByte((byte)'{');
        foreach (JsonPart part in parts)
        {
            if (part.Name is "Created" or "Name") continue;
            if (output.Length > 1) output.WriteByte((byte)',');
            output.Write(part.All.Span);
        }

        output.WriteByte((byte)'}');
        return output.ToArray();
    }

    /// <summary>What is written to <c>meta.inf</c>.</summary>
    /// <param name="config">A JSON object.</param>
    /// <param name="name">Of the consumer.</param>
    /// <param name="created">As it is to stand there.</param>
    internal static byte[] ToMetadata(ReadOnlyMemory<byte> config, string name, string created)
    {
        var output = new MemoryStream();
        output.Write(Encoding.UTF8.GetBytes($"{{\"Created\":\"{created}\",\"Name\":\"{JsonEncodedText.Encode(name)}\""));
        if (JsonProperties.TryRead(config, out List<JsonPart> parts))
        {
            foreach (JsonPart part in parts)
            {
                if (part.Name is "Created" or "Name") continue;
                output.WriteByte((byte)',');
                output.Write(part.All.Span);
            }
        }

        output.WriteByte((byte)'}');
        return output.ToArray();
    }

    /// <summary>What is wrong with a configuration, or null.</summary>
    /// <param name="config">What is to be one.</param>
    /// <param name="name">Of the consumer, which it has to agree with.</param>
    /// <param name="policy">How it acknowledges.</param>
    /// <param name="maxDeliver">How often it delivers; 0 or less for no limit.</param>
    internal static string? Read(ReadOnlyMemory<byte> config, string name, out AckPolicy policy, out long maxDeliver)
    {
        policy = AckPolicy.None;
        maxDeliver = 0;
        if (!JsonProperties.TryRead(config, out List<JsonPart> parts)) return "is not a JSON object";
        foreach (JsonPart part in parts)
        {
            switch (part.Name)
            {
                case "name" or "durable_name" when part.Text is { Length: > 0 } own && own != name:
                    return $"is that of {own}";
                case "ack_policy":
                    if (PolicyOf(part.Text) is not { } known) return "has an unknown ack_policy";
                    policy = known;
                    break;
                case "max_deliver" when !part.TryGetNumber(out maxDeliver):
                    return "has a max_deliver that is no number";
            }
        }

        return null;
    }

    private static AckPolicy? PolicyOf(string? text) => text switch
    {
        "none" => AckPolicy.None,
        "all" => AckPolicy.All,
        "explicit" => AckPolicy.Explicit,
        "flow_control" => AckPolicy.FlowControl,
        _ => null,
    };
}
