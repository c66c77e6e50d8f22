namespace NATS.Server.Auth;

/// <content>The same questions, answered with the list and the entry that decide. Not for messages.</content>
internal sealed partial class PermissionSet
{
    /// <summary>As <see cref="MayPublish"/>.</summary>
    public PermissionDecision ExplainPublish(ReadOnlySpan<byte> subject)
    {
        string? allowed = _publishAllow?.FindPlain(subject);
        if (_publishAllow is not null && allowed is null) return new(false, PermissionListKind.PublishAllow, null);
        if (_publishDeny?.FindPlain(subject) is { } denied) return new(false, PermissionListKind.PublishDeny, denied);
        if (allowed is not null) return new(true, PermissionListKind.PublishAllow, allowed);
        return new(true, _publishDeny is null ? PermissionListKind.None : PermissionListKind.PublishDeny, null);
    }

    /// <summary>As <see cref="MaySubscribe"/>.</summary>
    public PermissionDecision ExplainSubscribe(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue)
    {
        string? allowed = null;
        if (_subscribeAllow is not null)
        {
            bool isForQueue = false;
            allowed = queue.IsEmpty ? null : _subscribeAllow.FindQueue(subject, queue, out isForQueue);
            if (allowed is not null && !isForQueue) return new(false, PermissionListKind.SubscribeAllow, allowed) { IsForOtherQueue = true };
            allowed ??= _subscribeAllow.FindPlain(subject);
            if (allowed is null) return new(false, PermissionListKind.SubscribeAllow, null);
        }

        if (ExplainDelivery(subject, queue) is { } denied) return new(false, PermissionListKind.SubscribeDeny, denied);
        if (allowed is not null) return new(true, PermissionListKind.SubscribeAllow, allowed);
        return new(true, _subscribeDeny is null ? PermissionListKind.None : PermissionListKind.SubscribeDeny, null);
    }

    /// <summary>The entry by which <see cref="MayDeliver"/> is false; null when it is true.</summary>
    public string? ExplainDelivery(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue)
    {
        if (_subscribeDeny is null) return null;
        if (_subscribeDeny.FindPlain(subject) is { } plain) return plain;
        return !queue.IsEmpty && _subscribeDeny.FindQueue(subject, queue, out bool isForQueue) is { } entry && isForQueue ? entry : null;
    }

    /// <summary>The denied subjects of which a subscription, though it is allowed, may match some.</summary>
    public IReadOnlyList<string> FindDeniedParts(ReadOnlySpan<byte> subject) => NeedsDeliveryCheck(subject) ? _subscribeDeny!.FindOverlaps(subject) : [];
}
