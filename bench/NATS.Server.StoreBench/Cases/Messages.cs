using NATS.Server.JetStream.Storage;

namespace NATS.Server.StoreBench.Cases;

/// <summary>What cases store and read.</summary>
internal static class Messages
{
    public const int PayloadLength = 128;

    public static byte[] Payload { get; } = [.. Enumerable.Range(0, PayloadLength).Select(i => (byte)(i * 7))];

    /// <summary>Stores a number of messages of one subject; a flush now and then, as a server does after a batch.</summary>
    /// <param name="store">Gets them.</param>
    /// <param name="count">How many.</param>
    /// <param name="batch">After how many it is flushed; 0 for never.</param>
    public static void Append(IMessageStore store, int count, int batch)
    {
        for (int i = 1; i <= count; i++)
        {
            var message = new NewMessage { Subject = "bench.subject"u8, Payload = Payload, TimestampNs = 1_000_000_000L + i };
            if (store.Append(message, out _) is var result and not StoreResult.Ok) throw new InvalidOperationException($"append {i}: {result}");
            if (batch > 0 && i % batch == 0 && store.Flush() is var flushed and not StoreResult.Ok) throw new InvalidOperationException($"flush at {i}: {flushed}");
        }
    }

    /// <summary>Reads all messages in order, and looks at each.</summary>
    public static void ReadAll(IMessageStore store, int count)
    {
        ulong from = 0;
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            if (store.LoadNext(MessageFilter.All, from, out StoredMessage message, out _) is var result and not StoreResult.Ok) throw new InvalidOperationException($"read {i}: {result}");
            from = message.Sequence + 1;
            bytes += message.Payload.Length + message.Payload[^1];
        }

        if (bytes != (long)count * (PayloadLength + Payload[^1])) throw new InvalidOperationException("not what was stored");
    }
}
