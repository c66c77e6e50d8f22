using NATS.Server.Accounts;
using NATS.Server.Options;

namespace NATS.Server.Delivery;

/// <summary>A request that waits for its answer. Guarded by the lock of its <see cref="PendingReplies"/>, which also keeps it for reuse.</summary>
internal sealed class PendingReply
{
    private const int LargestKept = 256;

    private byte[] _reply = [];
    private int _replyLength;

    public ulong Ticket { get; set; }

    /// <summary>The subject where the requester waits.</summary>
    public ReadOnlySpan<byte> Reply => _reply.AsSpan(0, _replyLength);

    /// <summary>Hash of <see cref="Reply"/>.</summary>
    public int Hash { get; set; }

    public ReplyQueue Queue { get; set; } = null!;

    /// <summary>When it is given up, on the clock of the loops.</summary>
    public long DueMs { get; set; }

    /// <summary>Null: its latency is not measured.</summary>
    public ServiceMeasurement? Measurement { get; set; }

    // Neighbours among the replies of one service, in the order of their time.
    public PendingReply? Earlier { get; set; }

    public PendingReply? Later { get; set; }

    // Neighbours among the replies whose subjects have one hash.
    public PendingReply? PreviousOfHash { get; set; }

    public PendingReply? NextOfHash { get; set; }

    public void SetReply(ReadOnlySpan<byte> reply)
    {
        if (_reply.Length < reply.Length || (_reply.Length > LargestKept && reply.Length <= LargestKept)) _reply = new byte[Math.Max(64, reply.Length)];
        reply.CopyTo(_reply);
        _replyLength = reply.Length;
    }
}

/// <summary>The pending replies of one service import, the oldest first. Its settings are immutable, the rest is guarded by the lock of its table.</summary>
internal sealed class ReplyQueue
{
    /// <summary>Time after which an unanswered request is forgotten, unless the export says otherwise.</summary>
    public const long DefaultThresholdMs = 120_000;

    private ReplyQueue? _reverse;

    /// <summary>A queue of a requester's table.</summary>
    /// <param name="table">Of the account that waits for replies.</param>
    /// <param name="responder">The account they come from.</param>
    /// <param name="exporter">Whose service it is.</param>
    /// <param name="export">What was asked for.</param>
    /// <param name="isShared">Whether the responder may know who asks.</param>
    public ReplyQueue(PendingReplies table, AccountServices responder, Account exporter, ExportOptions export, bool isShared)
    {
        Table = table;
        Responder = responder;
        Exporter = exporter;
        Export = export;
        IsShared = isShared;
        ThresholdMs = export.ResponseThreshold > TimeSpan.Zero ? Math.Max(1, (long)export.ResponseThreshold.TotalMilliseconds) : DefaultThresholdMs;
    }

    public PendingReplies Table { get; }

    public AccountServices Responder { get; }

    public Account Exporter { get; }

    public ExportOptions Export { get; }

    public bool IsShared { get; }

    public long ThresholdMs { get; }

    /// <summary>Its place among the queues of its table that are not empty.</summary>
    public int WaitingIndex { get; set; }

    public PendingReply? First { get; set; }

    public PendingReply? Last { get; set; }

    /// <summary>For answers that ask back: the responder waits, the requester answers.</summary>
    /// <param name="requester">The account whose table this queue is in.</param>
    public ReplyQueue Reverse(AccountServices requester) =>
        _reverse ??= new ReplyQueue(Responder.Replies, requester, Exporter, Export, IsShared) { _reverse = this };
}
