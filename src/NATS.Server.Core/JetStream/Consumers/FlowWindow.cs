namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Not synchronised. How much may be on its way to a client that is asked now and then to confirm what it has got. The window begins small and doubles with each answer, up to its limit.
/// </summary>
/// <remarks>Reference: nats-server consumer.go needFlowControl and processFlowControl.</remarks>
public sealed class FlowWindow
{
    /// <summary>The limit of every consumer, in bytes.</summary>
    public const long DefaultLimit = 32 * 1024 * 1024;

    private const int SlowStart = 16;
    private readonly long _limit;
    private long _confirming;

    /// <summary>Makes an open window.</summary>
    /// <param name="limit">Bytes to which it may grow.</param>
    public FlowWindow(long limit = DefaultLimit)
    {
        _limit = limit;
        Size = Math.Max(limit / SlowStart, 1);
    }

    /// <summary>How many bytes may be on their way.</summary>
    public long Size { get; private set; }

    /// <summary>How many bytes are on their way.</summary>
    public long Pending { get; private set; }

    /// <summary>The client was asked and has not answered.</summary>
    public bool IsAsking { get; private set; }

    /// <summary>Nothing may be sent before the client answers.</summary>
    public bool IsClosed => Pending > Size;

    /// <summary>Notes a delivery.</summary>
    /// <param name="bytes">Of the message with its subject, reply and headers.</param>
    /// <param name="isFull">As many messages wait for their acknowledgement as may, and the client's answer is one.</param>
    /// <returns>Whether the client is to be asked now.</returns>
    public bool Sent(long bytes, bool isFull)
    {
        Pending += bytes;
        if (!IsAsking) return Pending > Size / 2 || isFull;

        // What was sent behind the question is not confirmed by its answer, but for a client that falls far behind.
        if (Pending - _confirming >= Size) _confirming += bytes;
        return false;
    }

    /// <summary>Notes that the client is asked.</summary>
    public void Ask()
    {
        IsAsking = true;
        _confirming = Pending;
    }

    /// <summary>Notes the client's answer.</summary>
    public void Confirm()
    {
        Size = Math.Min(Size * 2, _limit);
        Pending = Math.Max(Pending - _confirming, 0);
        (IsAsking, _confirming) = (false, 0);
    }
}
