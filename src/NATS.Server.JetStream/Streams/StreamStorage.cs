using System.Text;
using NATS.Server.Core.JetStream.Sources;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Storage;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <summary>Pure. What a stream's configuration says to its store.</summary>
internal static class StreamStorage
{
    private const int MemoryOverhead = 16;

    /// <summary>The limits of the store.</summary>
    public static StoreLimits LimitsOf(StreamConfig config) => new()
    {
        MaxMessages = config.MaxMessages,
        MaxBytes = config.MaxBytes,
        MaxAgeNs = config.MaxAgeNs,
        MaxMessagesPerSubject = config.MaxMessagesPerSubject,
        Discard = config.Discard == Core.JetStream.Streams.DiscardPolicy.New ? Storage.DiscardPolicy.New : Storage.DiscardPolicy.Old,
        DiscardNewPerSubject = config.DiscardNewPerSubject,
        AllowTtl = config.AllowMessageTtl,
        DeleteMarkerTtlNs = config.SubjectDeleteMarkerTtlNs,
        AllowSchedules = config.AllowMessageSchedules,
        Sources = [.. (config.Sources ?? []).Select(SourceNames.IndexOf)],
        Compression = config.Compression == StoreCompression.S2 ? MessageCompression.S2 : MessageCompression.None,
    };

    /// <summary>What a message counts in the stream's bytes.</summary>
    public static long SizeOf(StreamConfig config, int subjectLength, int headersLength, int payloadLength) => config.Storage == StorageType.Memory
        ? MemoryOverhead + (long)subjectLength + headersLength + payloadLength
        : MessageRecord.LengthOf(subjectLength, headersLength, payloadLength);

    /// <summary>The size of the blocks in which a stream is kept.</summary>
    public static int BlockSizeOf(StreamConfig config, bool isEncrypted)
    {
        int longest = 0;
        foreach (string subject in config.Subjects ?? [])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(subject);
            if (Subject.IsLiteral(bytes)) longest = Math.Max(longest, bytes.Length);
        }

        return BlockSizing.For(LimitsOf(config), config.MaxMessageSize, longest, config.Retention == RetentionPolicy.Limits, isEncrypted);
    }
}
