using NATS.Server.Auth;

namespace NATS.Server.Sessions;

/// <summary>What a client may do. Replaced as a whole at CONNECT and by reload; the dynamic permissions to reply inside are thread-safe.</summary>
/// <param name="Permissions">Null restricts nothing.</param>
/// <param name="Responses">Replies the client may publish because it received the request; null when that is not configured.</param>
internal sealed record ClientRights(PermissionSet? Permissions, ResponsePermissions? Responses)
{
    public static ClientRights Unrestricted { get; } = new(null, null);

    public bool RestrictsPublish { get; } = Permissions?.RestrictsPublish ?? false;

    /// <summary>Whether deliveries have to ask: for denied subjects, or to note a request that may be answered.</summary>
    public bool MattersAtDelivery => Permissions is { HasDeliverDenies: true } || Responses is not null;

    public bool MaySubscribe(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue) => Permissions is null || Permissions.MaySubscribe(subject, queue);

    /// <summary>Whether something that matches a subscription to this subject could be denied.</summary>
    public bool NeedsDeliveryCheck(ReadOnlySpan<byte> subject) => Permissions?.NeedsDeliveryCheck(subject) ?? false;

    /// <summary>Asked for subscriptions that need a delivery check.</summary>
    public bool MayDeliver(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue) => Permissions is null || Permissions.MayDeliver(subject, queue);

    /// <summary>Whether a publish that is not allowed otherwise answers a delivered request; uses that permission up.</summary>
    public bool MayRespond(ReadOnlySpan<byte> subject) => Responses is not null && Responses.Use(subject);

    /// <summary>Notes a delivered request, unless its reply may be published anyway.</summary>
    public void NoteRequest(ReadOnlySpan<byte> reply)
    {
        if (Responses is not null && !Permissions!.MayPublish(reply)) Responses.Grant(reply);
    }
}
