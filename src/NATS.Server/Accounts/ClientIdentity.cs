using System.Buffers;
using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Accounts;

/// <summary>Who a client is, as services and measurements may be told. Immutable, thread-safe. A class without text form: it may hold a token.</summary>
internal sealed class ClientIdentity
{
    private ClientIdentityJson? _json;

    public required Account Account { get; init; }

    /// <summary>When the connection was made.</summary>
    public DateTimeOffset Start { get; init; }

    /// <summary>The peer's address; empty inside the process.</summary>
    public string Host { get; init; } = "";

    /// <summary>The connection's number.</summary>
    public ulong Id { get; init; }

    public string User { get; init; } = "";

    /// <summary>The name the client gave itself.</summary>
    public string Name { get; init; } = "";

    public string Language { get; init; } = "";

    public string Version { get; init; } = "";

    public string Jwt { get; init; } = "";

    /// <summary>The key that signed the user, or the account it is of; empty without a JWT.</summary>
    public string IssuerKey { get; init; } = "";

    /// <summary>The name in the user's JWT.</summary>
    public string NameTag { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string Kind { get; init; } = "Client";

    public string ClientType { get; init; } = "nats";

    /// <summary>The parts of the identity's JSON, made when first asked for.</summary>
    public ClientIdentityJson Json => _json ??= new ClientIdentityJson(this);
}

/// <summary>
/// A <see cref="ClientIdentity"/> as JSON, cut where something is put in that changes from message to message. Immutable. Fields are in the reference's
/// order, empty ones are left out.
/// </summary>
internal sealed class ClientIdentityJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    public ClientIdentityJson(ClientIdentity identity)
    {
        byte[] account = Text(identity.Account.Name);
        Brief = [.. "{\"acc\":"u8, .. account];
        string start = identity.Start.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);
        byte[] id = identity.Id == 0 ? [] : Text(identity.Id);
        Detailed = [.. "{\"start\":"u8, .. Text(start), .. Field("host", identity.Host), .. id.Length == 0 ? id : [.. ",\"id\":"u8, .. id], .. ",\"acc\":"u8, .. account];
        Names = [.. Field("user", identity.User), .. Field("name", identity.Name), .. Field("lang", identity.Language), .. Field("ver", identity.Version)];
        byte[] tags = identity.Tags.Count == 0 ? [] : [.. ",\"tags\":["u8, .. Joined(identity.Tags), (byte)']'];
        Credentials =
        [
            .. Field("jwt", identity.Jwt), .. Field("issuer_key", identity.IssuerKey), .. Field("name_tag", identity.NameTag), .. tags,
            .. Field("kind", identity.Kind), .. Field("client_type", identity.ClientType),
        ];
    }

    /// <summary>What everybody is told, with the opening brace: the account.</summary>
    public byte[] Brief { get; }

    /// <summary>The beginning when details are shared: up to the account.</summary>
    public byte[] Detailed { get; }

    /// <summary>Details between account and round trip, each with the comma before it.</summary>
    public byte[] Names { get; }

    /// <summary>Details after the server, each with the comma before it.</summary>
    public byte[] Credentials { get; }

    /// <summary>A string as JSON, quotes included.</summary>
    public static byte[] Text(string value)
    {
        var buffer = new ArrayBufferWriter<byte>(value.Length + 8);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStringValue(value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Text(ulong value) => System.Text.Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static byte[] Field(string name, string value) => value.Length == 0 ? [] : [(byte)',', .. Text(name), (byte)':', .. Text(value)];

    private static byte[] Joined(IReadOnlyList<string> values)
    {
        List<byte> joined = [];
        foreach (string value in values)
        {
            if (joined.Count > 0) joined.Add((byte)',');
            joined.AddRange(Text(value));
        }

        return [.. joined];
    }
}
