using System.Text.Json;

namespace NATS.Server.Core.Jwt;

/// <summary>A token of any other kind, such as a request to delete accounts. Immutable.</summary>
public sealed record GenericClaims : ClaimSet
{
    public override ClaimKind Kind => ClaimKind.Generic;

    /// <summary>The members of the <c>nats</c> object.</summary>
    public IReadOnlyDictionary<string, JsonElement> Data { get; init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
}
