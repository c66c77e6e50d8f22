using System.Text.Json;
using NATS.Server.Delivery;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary><c>$SYS.REQ.USER.INFO</c>: tells a client who it is and what it may do. Thread-safe.</summary>
internal static class UserInfo
{
    /// <summary>Writes the answer's <c>data</c>.</summary>
    /// <param name="origin">Who asks, as the request's header tells; without a client when it did not come by an import.</param>
    /// <param name="client">The connection it came from; null when the server asks itself.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="writer">Gets an object.</param>
    public static void Write(in RequestOrigin origin, ClientSession? client, DateTimeOffset now, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("user"u8, origin is { Client: not null, IsDetailed: true } ? origin.Client.User : "");
        writer.WriteString("account"u8, origin.Client?.Account.Name ?? "");
        if (origin.Client is { } asking)
        {
            writer.WriteString("account_name"u8, asking.Account.DisplayName);
            if (asking.NameTag.Length > 0) writer.WriteString("user_name"u8, asking.NameTag);
        }

        if (client?.Rights.Permissions is { } permissions) Write(permissions.Options, writer);
        if (client?.ExpiresAt is { } end) WriteExpiry(end - now, writer);
        writer.WriteEndObject();
    }

    /// <summary>Time that is left, in whole seconds as nanoseconds; nothing when there is less than one.</summary>
    private static void WriteExpiry(TimeSpan left, Utf8JsonWriter writer)
    {
        long seconds = left.Ticks / TimeSpan.TicksPerSecond;
        if (seconds != 0) writer.WriteNumber("expires"u8, seconds * 1_000_000_000);
    }

    private static void Write(PermissionsOptions permissions, Utf8JsonWriter writer)
    {
        writer.WriteStartObject("permissions"u8);
        Write("publish"u8, permissions.Publish, writer);
        Write("subscribe"u8, permissions.Subscribe, writer);
        if (permissions.AllowResponses is { } responses)
        {
            writer.WriteStartObject("responses"u8);
            writer.WriteNumber("max"u8, responses.MaxMessages);
            writer.WriteNumber("ttl"u8, responses.Expires.Ticks * TimeSpan.NanosecondsPerTick);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Write(ReadOnlySpan<byte> name, SubjectPermissionOptions? subjects, Utf8JsonWriter writer)
    {
        writer.WriteStartObject(name);
        Write("allow"u8, subjects?.Allow, writer);
        Write("deny"u8, subjects?.Deny, writer);
        writer.WriteEndObject();
    }

    private static void Write(ReadOnlySpan<byte> name, IReadOnlyList<string>? subjects, Utf8JsonWriter writer)
    {
        if (subjects is not { Count: > 0 }) return;
        writer.WriteStartArray(name);
        foreach (string subject in subjects) writer.WriteStringValue(subject);
        writer.WriteEndArray();
    }
}
