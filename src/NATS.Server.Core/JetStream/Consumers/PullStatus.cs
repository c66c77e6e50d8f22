using System.Buffers;
using System.Text;
using NATS.Server.Core.Config;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Immutable. The header block that is sent to a client instead of messages, and says what became of its request.</summary>
/// <remarks>Reference: nats-server consumer.go.</remarks>
public readonly record struct PullStatus
{
    private PullStatus(int code, string description, WaitingPull? pending)
    {
        Code = code;
        Description = description;
        HasPending = pending is not null;
        if (pending is not null) (Messages, Bytes) = (pending.Remaining, pending.BytesLeft);
    }

    public static PullStatus NoMessages => new(404, "No Messages", null);

    public static PullStatus RequestsPending => new(408, "Requests Pending", null);

    public static PullStatus MaxWaitingExceeded => new(409, "Exceeded MaxWaiting", null);

    public static PullStatus PushBased => new(409, "Consumer is push based", null);

    public static PullStatus ConsumerDeleted => new(409, "Consumer Deleted", null);

    public static PullStatus LeadershipChange => new(409, "Leadership Change", null);

    public static PullStatus RequiredApiLevel => new(412, "Required Api Level", null);

    public static PullStatus PinMismatch => new(423, "Nats-Pin-Id mismatch", null);

    public int Code { get; }

    public string Description { get; }

    /// <summary>Whether it says how much was left of the request.</summary>
    public bool HasPending { get; }

    /// <summary>Messages that were asked for and not delivered.</summary>
    public long Messages { get; }

    /// <summary>Bytes that were asked for and not delivered.</summary>
    public long Bytes { get; }

    public static PullStatus BadRequest(string reason) => new(400, "Bad Request - " + reason, null);

    public static PullStatus MaxBatchExceeded(long limit) => new(409, $"Exceeded MaxRequestBatch of {limit}", null);

    public static PullStatus MaxExpiresExceeded(long limitNs) => new(409, $"Exceeded MaxRequestExpires of {GoDuration.Format(TimeSpan.FromTicks(limitNs / TimeSpan.NanosecondsPerTick))}", null);

    public static PullStatus MaxBytesExceeded(long limit) => new(409, $"Exceeded MaxRequestMaxBytes of {limit}", null);

    public static PullStatus Timeout(WaitingPull pull) => new(408, "Request Timeout", pull);

    public static PullStatus InterestExpired(WaitingPull pull) => new(408, "Interest Expired", pull);

    public static PullStatus MessageTooLarge(WaitingPull pull) => new(409, "Message Size Exceeds MaxBytes", pull);

    public static PullStatus BatchCompleted(WaitingPull pull) => new(409, "Batch Completed", pull);

    public static PullStatus ServerShutdown(WaitingPull pull) => new(409, "Server Shutdown", pull);

    public static PullStatus WrongPin(WaitingPull pull) => new(423, "Nats-Wrong-Pin-Id", pull);

    /// <summary>Writes the header block, which is all of the message.</summary>
    public void Write(IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes(ToString()));

    /// <summary>The header block.</summary>
    public override string ToString() =>
        HasPending
            ? $"NATS/1.0 {Code} {Description}\r\nNats-Pending-Messages: {Messages}\r\nNats-Pending-Bytes: {Bytes}\r\n\r\n"
            : $"NATS/1.0 {Code} {Description}\r\n\r\n";
}
