using System.Text.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>An event in which the domain is not the last property.</summary>
internal interface IDomainInside
{
    /// <summary>Writes the domain, unless it is empty, and what follows it.</summary>
    void WriteRest(Utf8JsonWriter json, string domain);
}
