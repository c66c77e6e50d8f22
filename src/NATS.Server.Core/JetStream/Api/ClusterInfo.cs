using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. Where a stream is: on a server that is alone, only who that is.</summary>
/// <param name="Leader">The name of the server that answers for it.</param>
/// <param name="Name">The name of the cluster; empty when there is none.</param>
public sealed record ClusterInfo(string Leader, string Name = "")
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("cluster"u8);
        json.WriteTextUnlessEmpty("name"u8, Name);
        json.WriteTextUnlessEmpty("leader"u8, Leader);
        json.WriteEndObject();
    }
}
