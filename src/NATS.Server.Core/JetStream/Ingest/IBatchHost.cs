using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>What <see cref="BatchPublisher"/> asks of the stream. Called under the stream's lock.</summary>
public interface IBatchHost : IIngestHost
{
    /// <summary>Stores a message. What it takes the place of stays until <see cref="Replace"/>.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="sequence">Of the message.</param>
    /// <param name="error">What the publisher is told when it could not be stored.</param>
    bool TryStore(in IngestPlan plan, out ulong sequence, out ApiError error);

    /// <summary>Uses up a sequence for a message that nobody is interested in. What it takes the place of stays until <see cref="Replace"/>.</summary>
    ulong Skip(in IngestPlan plan);

    /// <summary>Takes away what a message replaces, now that nothing of its batch can be taken back any more.</summary>
    void Replace(in IngestReplacement replacement);

    /// <summary>Forgets the messages above a sequence: those of a batch of which one could not be stored.</summary>
    void TakeBack(ulong lastSequence);

    /// <summary>A message is refused, whether or not its publisher is told.</summary>
    void Refused(in IngestMessage message, in ApiError error);

    /// <summary>Tells a publisher something.</summary>
    /// <param name="reply">Where.</param>
    /// <param name="payload">What; valid during the call.</param>
    /// <param name="waits">It says that messages are stored: not before they are as safe as promised.</param>
    void Send(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> payload, bool waits);

    /// <summary>An atomic batch was given up: advisories say so.</summary>
    void Abandoned(ReadOnlySpan<byte> batchId, BatchAbandonReason reason);
}
