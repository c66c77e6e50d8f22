namespace NATS.Server.Core.Jwt;

/// <summary>Subjects that are allowed and denied; no allowed ones means all. Immutable.</summary>
public sealed record PermissionList(IReadOnlyList<string> Allow, IReadOnlyList<string> Deny)
{
    public static PermissionList None { get; } = new([], []);

    public bool IsEmpty => Allow.Count == 0 && Deny.Count == 0;
}

/// <summary>A right to answer requests that were received.</summary>
/// <param name="MaxMessages">Per request; 0 for the default, -1 for any number.</param>
/// <param name="ExpiresNs">0 for the default, -1 for never.</param>
public sealed record ClaimResponsePermission(long MaxMessages, long ExpiresNs);

/// <summary>What a user may publish, subscribe to and answer. Immutable.</summary>
public sealed record ClaimPermissions(PermissionList Publish, PermissionList Subscribe, ClaimResponsePermission? Responses = null)
{
    public static ClaimPermissions None { get; } = new(PermissionList.None, PermissionList.None);

    public bool IsEmpty => Publish.IsEmpty && Subscribe.IsEmpty && Responses is null;
}
