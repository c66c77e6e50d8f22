using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>
/// What a user may publish and subscribe to, compiled for questions that come with every message. Immutable, thread-safe; no question allocates.
/// Connections of one user share one set, so verdicts can be cached by reference.
/// </summary>
/// <remarks>
/// Subjects are asked for as they were sent: a wildcard token of a subscription is compared like any other token, so that a subscription to
/// <c>foo.*</c> needs an allow entry such as <c>foo.*</c> or <c>foo.&gt;</c>. As in the reference, <c>foo.*</c> therefore also allows
/// to subscribe to <c>foo.&gt;</c>. A malformed subject is matched by no entry.
/// </remarks>
internal sealed partial class PermissionSet
{
    private readonly SubjectEntries? _publishAllow;
    private readonly SubjectEntries? _publishDeny;
    private readonly SubjectEntries? _subscribeAllow;
    private readonly SubjectEntries? _subscribeDeny;

    /// <summary>Compiles configured permissions.</summary>
    /// <exception cref="ArgumentException">An entry is no valid subject, or names a queue group where it may not. Validated options have none.</exception>
    public PermissionSet(PermissionsOptions options)
    {
        Responses = WithDefaults(options.AllowResponses);
        Options = options with
        {
            AllowResponses = Responses,

            // Who may answer requests but has no list of subjects may publish nothing else.
            Publish = Responses is not null && options.Publish?.Allow is null ? (options.Publish ?? new SubjectPermissionOptions()) with { Allow = [] } : options.Publish,
        };
        _publishAllow = SubjectEntries.FromAllow(Options.Publish?.Allow, takesQueues: false);
        _publishDeny = SubjectEntries.FromDeny(Options.Publish?.Deny, takesQueues: false);
        _subscribeAllow = SubjectEntries.FromAllow(Options.Subscribe?.Allow, takesQueues: true);
        _subscribeDeny = SubjectEntries.FromDeny(Options.Subscribe?.Deny, takesQueues: true);
    }

    /// <summary>What was compiled, with defaults filled in.</summary>
    public PermissionsOptions Options { get; }

    /// <summary>Bounds of the permission to answer requests, see <see cref="ResponsePermissions"/>; null when there is none.</summary>
    public ResponsePermissionOptions? Responses { get; }

    /// <summary>The memory of one connection for <see cref="Responses"/>; null when there is nothing to remember.</summary>
    public ResponsePermissions? CreateResponses(TimeProvider time) => Responses is null ? null : new ResponsePermissions(Responses, time);

    /// <summary>Whether <see cref="MayPublish"/> can be false.</summary>
    public bool RestrictsPublish => _publishAllow is not null || _publishDeny is not null;

    /// <summary>Whether <see cref="MayDeliver"/> can be false.</summary>
    public bool HasDeliverDenies => _subscribeDeny is not null;

    /// <summary>
    /// Whether the user may publish to a subject. When not, and <see cref="Responses"/> is set, a <see cref="ResponsePermissions"/> has the last word:
    /// in nats-server 2.15 a request's reply subject may be answered even if a deny entry matches it.
    /// </summary>
    public bool MayPublish(ReadOnlySpan<byte> subject)
    {
        if (_publishAllow is not null && !_publishAllow.MatchesPlain(subject)) return false;
        return _publishDeny is null || !_publishDeny.MatchesPlain(subject);
    }

    /// <summary>Whether the user may subscribe.</summary>
    /// <param name="subject">May have wildcards. One that only overlaps what is denied may be subscribed to; see <see cref="NeedsDeliveryCheck"/>.</param>
    /// <param name="queue">The queue group; empty without one.</param>
    public bool MaySubscribe(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue)
    {
        if (_subscribeAllow is not null && !IsAllowed(_subscribeAllow, subject, queue)) return false;
        return _subscribeDeny is null || !IsDenied(_subscribeDeny, subject, queue);
    }

    /// <summary>
    /// Whether messages for an allowed subscription have to be asked for one by one with <see cref="MayDeliver"/>. For a subscription without
    /// wildcards <see cref="MaySubscribe"/> has said it all. Not for the path of messages.
    /// </summary>
    public bool NeedsDeliveryCheck(ReadOnlySpan<byte> subject) =>
        _subscribeDeny is not null && Subject.HasWildcard(subject) && _subscribeDeny.Overlaps(subject);

    /// <summary>Whether a message may be delivered to a subscription of the user.</summary>
    /// <param name="subject">The message's subject, not the subscription's.</param>
    /// <param name="queue">The subscription's queue group; empty without one.</param>
    public bool MayDeliver(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue) =>
        _subscribeDeny is null || !IsDenied(_subscribeDeny, subject, queue);

    // Queue entries that match the subject decide for a queue subscription whether or not there are plain entries: with `foo` and `foo v1`
    // one may subscribe to foo, but as a queue only as v1.
    private static bool IsAllowed(SubjectEntries entries, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue)
    {
        if (!queue.IsEmpty && entries.TryMatchQueue(subject, queue, out bool matches)) return matches;
        return entries.MatchesPlain(subject);
    }

    private static bool IsDenied(SubjectEntries entries, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue)
    {
        if (entries.MatchesPlain(subject)) return true;
        return !queue.IsEmpty && entries.TryMatchQueue(subject, queue, out bool matches) && matches;
    }

    private static ResponsePermissionOptions? WithDefaults(ResponsePermissionOptions? options)
    {
        if (options is null) return null;
        return new ResponsePermissionOptions(
            options.MaxMessages == 0 ? ResponsePermissions.DefaultMaxMessages : options.MaxMessages,
            options.Expires == TimeSpan.Zero ? ResponsePermissions.DefaultExpires : options.Expires);
    }
}
