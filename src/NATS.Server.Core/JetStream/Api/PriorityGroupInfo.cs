using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A priority group of a consumer, and which client is pinned in it.</summary>
/// <param name="Group">Its name.</param>
/// <param name="PinnedClient">The client; empty: none.</param>
/// <param name="PinnedNs">Since when, nanoseconds since 1970; 0: none is.</param>
public sealed record PriorityGroupInfo(string Group, string PinnedClient = "", long PinnedNs = 0)
{
    internal static void Write(Utf8JsonWriter json, PriorityGroupInfo info)
    {
        json.WriteStartObject();
        json.WriteString("group"u8, info.Group);
        json.WriteTextUnlessEmpty("pinned_client_id"u8, info.PinnedClient);
        json.WriteTime("pinned_ts"u8, info.PinnedNs);
        json.WriteEndObject();
    }
}
