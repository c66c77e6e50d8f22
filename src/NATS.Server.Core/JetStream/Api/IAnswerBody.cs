using System.Text.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>What an answer of the API says when it is no error.</summary>
public interface IAnswerBody
{
    /// <summary>Writes the properties that follow the type, into an open object, with a writer that escapes as the protocol's JSON does.</summary>
    void WriteProperties(Utf8JsonWriter json);
}
