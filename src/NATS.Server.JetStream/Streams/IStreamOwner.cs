using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Streams;

/// <summary>Any thread. What a stream knows of its account.</summary>
internal interface IStreamOwner
{
    IAccountPort Port { get; }

    /// <summary>The domain of the server; empty without one.</summary>
    string Domain { get; }

    /// <summary>The system account, which is told what concerns the server; null when there is none.</summary>
    IAccountPort? SystemPort { get; }

    /// <summary>Whether the server has no room for more of what a stream keeps.</summary>
    bool IsServerFull(StorageType type);

    /// <summary>How many bytes more the account may keep, as far as they are counted; <see cref="long.MaxValue"/> without a limit, -1 when it may keep none of the stream's kind.</summary>
    long RoomFor(StreamConfig config);

    /// <summary>Notes what other requests are judged against, and what is reserved. The account's executor, or when it is opened.</summary>
    /// <param name="before">The configuration that was; null: of a new stream.</param>
    /// <param name="config">The one in force; null: of none, the stream is gone.</param>
    void Reconfigured(StreamConfig? before, StreamConfig? config);

    /// <summary>Notes that a stream has grown or shrunk.</summary>
    void CountBytes(Stream stream, long bytes);

    /// <summary>A stream found that the disk has no space left, for the first time since it had some. May be called with the stream's lock held.</summary>
    void FoundDiskFull(Stream stream);

    /// <summary>A consumer that nobody used long enough is to be deleted.</summary>
    void Abandoned(Stream stream, Consumer consumer);
}
