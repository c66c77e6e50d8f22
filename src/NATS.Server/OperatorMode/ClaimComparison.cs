using NATS.Server.Core.Jwt;

namespace NATS.Server.OperatorMode;

/// <summary>Compares parts of claims by what would be written of them; their lists are not compared by content otherwise. Pure.</summary>
internal static class ClaimComparison
{
    public static bool IsSame(SigningKeyScope? one, SigningKeyScope? other)
    {
        if (one is null || other is null) return one is null && other is null;
        return IsSame(one.Template, other.Template) && one.Role == other.Role && one.Description == other.Description;
    }

    public static bool IsSame(ClaimPermissions one, ClaimPermissions other) => IsSame(UserRights.None with { Permissions = one }, UserRights.None with { Permissions = other });

    private static bool IsSame(UserRights one, UserRights other) =>
        ClaimWriter.Write(new UserClaims { Rights = one }).Span.SequenceEqual(ClaimWriter.Write(new UserClaims { Rights = other }).Span);
}
