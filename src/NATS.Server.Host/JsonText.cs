using System.Text;
using System.Text.Json;

namespace NATS.Server.Host;

/// <summary>JSON as text for standard output. Pure.</summary>
internal static class JsonText
{
    /// <summary>What a writer is made to write.</summary>
    /// <param name="write">Writes one value.</param>
    /// <param name="isIndented">For people; else on one line.</param>
    public static string Of(Action<Utf8JsonWriter> write, bool isIndented = false)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = isIndented })) write(json);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
