using System.Buffers;
using System.Text.Json;

namespace NATS.Server.Core.Protocol;

/// <summary>
/// What a server tells a client in <c>INFO</c>. Immutable. Empty strings, zero numbers, false flags and empty lists are left out of the JSON,
/// except where a property says that it is always written.
/// </summary>
public sealed record ServerInfo
{
    /// <summary>The server's public nkey (<c>N…</c>). Always written.</summary>
    public required string ServerId { get; init; }

    /// <summary>Always written.</summary>
    public required string ServerName { get; init; }

    /// <summary>Always written.</summary>
    public string Version { get; init; } = ServerVersion.Compatible;

    /// <summary>Always written.</summary>
    public int Proto { get; init; } = ServerVersion.Protocol;
    public string GitCommit { get; init; } = "";

    /// <summary>The runtime the server runs on, under the historical key <c>go</c>. Always written.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Always written.</summary>
    public string Host { get; init; } = "";

    /// <summary>Always written.</summary>
    public int Port { get; init; }

    /// <summary>Whether message headers are supported. Always written.</summary>
    public bool Headers { get; init; }
    public bool AuthRequired { get; init; }
    public bool TlsRequired { get; init; }
    public bool TlsVerify { get; init; }
    public bool TlsAvailable { get; init; }

    /// <summary>Bytes. Always written.</summary>
    public int MaxPayload { get; init; }
    public bool JetStream { get; init; }

    /// <summary>Only used between servers.</summary>
    public string Ip { get; init; } = "";
    public ulong ClientId { get; init; }
    public string ClientIp { get; init; } = "";

    /// <summary>What the client has to sign, when some form of authentication uses signatures.</summary>
    public string Nonce { get; init; } = "";
    public string Cluster { get; init; } = "";
    public bool ClusterDynamic { get; init; }
    public string Domain { get; init; } = "";

    /// <summary>Addresses of the cluster's servers for clients.</summary>
    public IReadOnlyList<string> ConnectUrls { get; init; } = [];

    /// <summary>The same for WebSocket clients.</summary>
    public IReadOnlyList<string> WebSocketConnectUrls { get; init; } = [];
    public bool LameDuckMode { get; init; }
    public string Compression { get; init; } = "";

    /// <summary>True in the INFO that answers the first PING after CONNECT.</summary>
    public bool ConnectInfo { get; init; }

    /// <summary>The account the connection is bound to.</summary>
    public string RemoteAccount { get; init; } = "";
    public bool IsSystemAccount { get; init; }

    /// <summary>Level of the JetStream API; announced whether or not JetStream is enabled.</summary>
    public int ApiLevel { get; init; }

    /// <summary>The server's public curve key (<c>X…</c>).</summary>
    public string XKey { get; init; } = "";

    /// <summary>Appends <c>INFO {…} \r\n</c>, the blank before the line end included as in the reference.</summary>
    public void WriteTo(IBufferWriter<byte> output) => Render(output, out _);

    /// <summary>The whole protocol line.</summary>
    public byte[] ToInfoLine()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        WriteTo(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Renders everything that connections share once. The per-connection fields of this record are ignored.</summary>
    public ServerInfoLine Prepare()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        (this with { ClientId = 0, ClientIp = "", Nonce = "" }).Render(buffer, out int connectionFieldsAt);
        return new ServerInfoLine(buffer.WrittenSpan.ToArray(), connectionFieldsAt);
    }

    internal static void WriteConnectionFields(Utf8JsonWriter json, ulong clientId, string clientIp, string nonce)
    {
        if (clientId != 0) json.WriteNumber("client_id"u8, clientId);
        WriteText(json, "client_ip"u8, clientIp);
        WriteText(json, "nonce"u8, nonce);
    }

    internal static JsonWriterOptions WriterOptions => new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    private void Render(IBufferWriter<byte> output, out int connectionFieldsAt)
    {
        output.Write("INFO "u8);
        using (var json = new Utf8JsonWriter(output, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("server_id"u8, ServerId);
            json.WriteString("server_name"u8, ServerName);
            json.WriteString("version"u8, Version);
            json.WriteNumber("proto"u8, Proto);
            WriteText(json, "git_commit"u8, GitCommit);
            json.WriteString("go"u8, Runtime);
            json.WriteString("host"u8, Host);
            json.WriteNumber("port"u8, Port);
            json.WriteBoolean("headers"u8, Headers);
            WriteFlag(json, "auth_required"u8, AuthRequired);
            WriteFlag(json, "tls_required"u8, TlsRequired);
            WriteFlag(json, "tls_verify"u8, TlsVerify);
            WriteFlag(json, "tls_available"u8, TlsAvailable);
            json.WriteNumber("max_payload"u8, MaxPayload);
            WriteFlag(json, "jetstream"u8, JetStream);
            WriteText(json, "ip"u8, Ip);
            connectionFieldsAt = "INFO ".Length + (int)(json.BytesCommitted + json.BytesPending);
            WriteConnectionFields(json, ClientId, ClientIp, Nonce);
            WriteText(json, "cluster"u8, Cluster);
            WriteFlag(json, "cluster_dynamic"u8, ClusterDynamic);
            WriteText(json, "domain"u8, Domain);
            WriteTexts(json, "connect_urls"u8, ConnectUrls);
            WriteTexts(json, "ws_connect_urls"u8, WebSocketConnectUrls);
            WriteFlag(json, "ldm"u8, LameDuckMode);
            WriteText(json, "compression"u8, Compression);
            WriteFlag(json, "connect_info"u8, ConnectInfo);
            WriteText(json, "remote_account"u8, RemoteAccount);
            WriteFlag(json, "acc_is_sys"u8, IsSystemAccount);
            if (ApiLevel != 0) json.WriteNumber("api_lvl"u8, ApiLevel);
            WriteText(json, "xkey"u8, XKey);
            json.WriteEndObject();
        }

        output.Write(" \r\n"u8);
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0) json.WriteString(name, value);
    }

    private static void WriteFlag(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool value)
    {
        if (value) json.WriteBoolean(name, true);
    }

    private static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
