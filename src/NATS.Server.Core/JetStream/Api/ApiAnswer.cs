using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Pure. The JSON of answers, byte for byte as the reference writes it.</summary>
public static class ApiAnswer
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    /// <summary>Writes an answer.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="route">The endpoint that was asked.</param>
    /// <param name="body">What it says.</param>
    public static void Write<T>(IBufferWriter<byte> output, ApiRoute route, T body)
        where T : IAnswerBody, allows ref struct => Write(output, route.ResponseType, body);

    /// <summary>Writes an answer of a type that need not be that of the endpoint: the end of a restore answers as a creation does.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="type">The whole type.</param>
    /// <param name="body">What it says.</param>
    public static void Write<T>(IBufferWriter<byte> output, string type, T body)
        where T : IAnswerBody, allows ref struct
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        body.WriteProperties(json);
        json.WriteEndObject();
    }

    /// <summary>Writes an answer that is an error.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="route">The endpoint that was asked.</param>
    /// <param name="error">Why the request failed.</param>
    public static void WriteError(IBufferWriter<byte> output, ApiRoute route, in ApiError error)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            error.WriteAnswer(json, route.ResponseType);
        }

        Encoding.UTF8.GetBytes(route.ErrorRest, output);
        output.Write("}"u8);
    }

    /// <summary>Writes any object with the escapes of the protocol.</summary>
    internal static void WriteObject<T>(IBufferWriter<byte> output, T argument, Action<Utf8JsonWriter, T> write)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        write(json, argument);
        json.WriteEndObject();
    }
}
