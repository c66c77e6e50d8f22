using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>A client as events tell of it. Immutable: what changes is taken when the event happens.</summary>
internal sealed class EventClient
{
    private readonly ClientIdentity _identity;
    private readonly string _account;
    private readonly long _roundTripNs;
    private readonly DateTimeOffset? _stop;

    private EventClient(ClientIdentity identity, string account, long roundTripNs, DateTimeOffset? stop)
    {
        _identity = identity;
        _account = account;
        _roundTripNs = roundTripNs;
        _stop = stop;
    }

    /// <summary>One that has come.</summary>
    public static EventClient Connected(ClientSession session)
    {
        ClientIdentity identity = session.Identity;
        return new EventClient(identity, identity.Account.Name, roundTripNs: 0, stop: null);
    }

    /// <summary>One that goes.</summary>
    /// <param name="session">The client.</param>
    /// <param name="stop">When.</param>
    /// <param name="account">The account it is said to be of; null: the one it is in.</param>
    public static EventClient Leaving(ClientSession session, DateTimeOffset stop, string? account = null)
    {
        ClientIdentity identity = session.Identity;
        return new EventClient(identity, account ?? identity.Account.Name, WholeMicroseconds(session.RoundTrip.Ticks) * TimeSpan.NanosecondsPerTick, stop);
    }

    /// <summary>Writes the field <c>client</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("client"u8);
        json.WriteTime("start"u8, _identity.Start);
        json.WriteUnlessEmpty("host"u8, _identity.Host);
        json.WriteNumber("id"u8, _identity.Id);
        json.WriteString("acc"u8, _account);
        json.WriteUnlessEmpty("user"u8, _identity.User);
        json.WriteUnlessEmpty("name"u8, _identity.Name);
        json.WriteUnlessEmpty("lang"u8, _identity.Language);
        json.WriteUnlessEmpty("ver"u8, _identity.Version);
        if (_roundTripNs != 0) json.WriteNumber("rtt"u8, _roundTripNs);
        if (_stop is { } stop) json.WriteTime("stop"u8, stop);
        json.WriteUnlessEmpty("jwt"u8, _identity.Jwt);
        json.WriteUnlessEmpty("issuer_key"u8, _identity.IssuerKey);

        // Not the user's name as in requests: the account's.
        json.WriteUnlessEmpty("name_tag"u8, _identity.Account.DisplayName);
        if (_identity.Tags.Count > 0)
        {
            json.WriteStartArray("tags"u8);
            foreach (string tag in _identity.Tags) json.WriteStringValue(tag);
            json.WriteEndArray();
        }

        json.WriteString("kind"u8, _identity.Kind);
        json.WriteString("client_type"u8, _identity.ClientType);
        json.WriteEndObject();
    }

    // What monitoring shows too: below a millisecond only whole microseconds.
    private static long WholeMicroseconds(long ticks) =>
        ticks is > TimeSpan.TicksPerMicrosecond and < TimeSpan.TicksPerMillisecond ? ticks - (ticks % TimeSpan.TicksPerMicrosecond) : ticks;
}
