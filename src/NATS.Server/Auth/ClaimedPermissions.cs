using NATS.Server.Core.Jwt;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>Permissions as a user's JWT says them, in the words of a configuration. Pure.</summary>
internal static class ClaimedPermissions
{
    /// <summary>Null when the JWT says nothing of permissions.</summary>
    public static PermissionsOptions? From(ClaimPermissions permissions) => permissions.IsEmpty ? null : new PermissionsOptions
    {
        Publish = List(permissions.Publish),
        Subscribe = List(permissions.Subscribe),
        AllowResponses = permissions.Responses is { } responses
            ? new ResponsePermissionOptions((int)Math.Clamp(responses.MaxMessages, -1, int.MaxValue), Expiry(responses.ExpiresNs))
            : null,
    };

    // A list that is there but empty means everything in a JWT.
    private static SubjectPermissionOptions? List(PermissionList list) => list.IsEmpty ? null : new SubjectPermissionOptions
    {
        Allow = list.Allow.Count > 0 ? list.Allow : null,
        Deny = list.Deny.Count > 0 ? list.Deny : null,
    };

    private static TimeSpan Expiry(long nanoseconds) =>
        nanoseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
