namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>What a call has to tell the listener once the lock is released. Made under the lock, told by the thread that called.</summary>
/// <remarks>Without memory of its own for a single notice, which is all that most calls have.</remarks>
internal struct StoreNotices
{
    private Notice _first;
    private List<Notice>? _more;

    private enum NoticeKind : byte
    {
        None,
        Removed,
        Purged,
        MarkerDue,
        Damaged,
    }

    public void Removed(in StoredMessage message, ulong bytes, ulong number) => Add(new Notice(NoticeKind.Removed, message, number, bytes, null));

    public void Purged(ulong messages, ulong bytes) => Add(new Notice(NoticeKind.Purged, default, messages, bytes, null));

    public void MarkerDue(in StoredMessage message) => Add(new Notice(NoticeKind.MarkerDue, message, 0, 0, null));

    public void Damaged(string what) => Add(new Notice(NoticeKind.Damaged, default, 0, 0, what));

    /// <summary>Hands over what there is, and begins anew.</summary>
    public StoreNotices Take()
    {
        StoreNotices taken = this;
        this = default;
        return taken;
    }

    public readonly void Tell(IStoreListener? listener)
    {
        if (listener is null || _first.Kind == NoticeKind.None) return;
        Tell(listener, _first);
        if (_more is null) return;
        foreach (Notice notice in _more)
        {
            Tell(listener, notice);
        }
    }

    private static void Tell(IStoreListener listener, in Notice notice)
    {
        switch (notice.Kind)
        {
            case NoticeKind.Removed:
                listener.Removed(notice.Message.Sequence, notice.Message.Subject, notice.Bytes, notice.Number);
                break;
            case NoticeKind.Purged:
                listener.Purged(notice.Number, notice.Bytes);
                break;
            case NoticeKind.MarkerDue:
                listener.MarkerDue(notice.Message.Sequence, notice.Message.Subject);
                break;
            default:
                listener.Damaged(notice.Text!);
                break;
        }
    }

    private void Add(in Notice notice)
    {
        if (_first.Kind == NoticeKind.None) _first = notice;
        else (_more ??= []).Add(notice);
    }

    private readonly record struct Notice(NoticeKind Kind, StoredMessage Message, ulong Number, ulong Bytes, string? Text);
}
