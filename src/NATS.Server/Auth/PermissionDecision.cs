using System.Runtime.InteropServices;

namespace NATS.Server.Auth;

/// <summary>One of the lists of a <see cref="PermissionSet"/>.</summary>
internal enum PermissionListKind : byte
{
    /// <summary>No list: nothing restricts.</summary>
    None,
    PublishAllow,
    PublishDeny,
    SubscribeAllow,
    SubscribeDeny,
}

/// <summary>What a <see cref="PermissionSet"/> says to one question, and by which list.</summary>
/// <param name="IsAllowed">The verdict.</param>
/// <param name="List">What decided; of an allowed subject the list that was asked last without objecting.</param>
/// <param name="Entry">The entry that matched, as <c>subject</c> or <c>subject queue</c>; null when none did.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PermissionDecision(bool IsAllowed, PermissionListKind List, string? Entry)
{
    /// <summary>Of a refused subscription: <see cref="Entry"/> matches the subject, but is for another queue group.</summary>
    public bool IsForOtherQueue { get; init; }
}
