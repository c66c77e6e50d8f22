using System.Buffers;
using System.Text.Json;

namespace NATS.Server.Core.Protocol;

/// <summary>An INFO line rendered once for many connections, into which each connection's own fields are inserted. Thread-safe, immutable.</summary>
public sealed class ServerInfoLine
{
    private readonly byte[] _line;
    private readonly int _connectionFieldsAt;

    internal ServerInfoLine(byte[] line, int connectionFieldsAt)
    {
        _line = line;
        _connectionFieldsAt = connectionFieldsAt;
    }

    /// <summary>Appends the line for one connection. An id of 0 and empty texts leave their field out.</summary>
    public void WriteTo(IBufferWriter<byte> output, ulong clientId, string clientIp, string nonce)
    {
        output.Write(_line.AsSpan(0, _connectionFieldsAt));

        // The writer starts an object of its own; its opening brace is what the comma of the line replaces.
        var fields = new ArrayBufferWriter<byte>(96);
        using (var json = new Utf8JsonWriter(fields, ServerInfo.WriterOptions))
        {
            json.WriteStartObject();
            ServerInfo.WriteConnectionFields(json, clientId, clientIp, nonce);
        }

        if (fields.WrittenCount > 1)
        {
            output.Write(","u8);
            output.Write(fields.WrittenSpan[1..]);
        }

        output.Write(_line.AsSpan(_connectionFieldsAt));
    }

    /// <summary>The line for one connection.</summary>
    public byte[] ToInfoLine(ulong clientId, string clientIp, string nonce)
    {
        var buffer = new ArrayBufferWriter<byte>(_line.Length + 96);
        WriteTo(buffer, clientId, clientIp, nonce);
        return buffer.WrittenSpan.ToArray();
    }
}
