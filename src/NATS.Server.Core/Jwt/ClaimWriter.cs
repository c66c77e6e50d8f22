using System.Buffers;
using System.Text.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.Jwt;

/// <summary>Writes claims as JSON, in the order of fields and with the omissions of the reference's library. Pure, thread-safe.</summary>
internal static partial class ClaimWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };

    /// <summary>The object of a token's second part.</summary>
    public static ReadOnlyMemory<byte> Write(ClaimSet claims) => Render(claims, static (json, set) =>
    {
        WriteCommon(json, set);
        json.WriteStartObject("nats");
        switch (set)
        {
            case OperatorClaims operatorClaims: WriteOperator(json, operatorClaims); break;
            case AccountClaims account: WriteAccount(json, account); break;
            case UserClaims user: WriteUser(json, user); break;
            case ActivationClaims activation: WriteActivation(json, activation); break;
            case AuthorizationRequestClaims request: WriteRequest(json, request); break;
            case AuthorizationResponseClaims response: WriteResponse(json, response); break;
            case GenericClaims generic: WriteGeneric(json, generic); break;
        }

        json.WriteEndObject();
    });

    /// <summary>The common fields alone: what a token's id is the digest of.</summary>
    public static ReadOnlyMemory<byte> WriteCommonOnly(ClaimSet claims) => Render(claims, WriteCommon);

    private static ReadOnlyMemory<byte> Render(ClaimSet claims, Action<Utf8JsonWriter, ClaimSet> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            write(json, claims);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteCommon(Utf8JsonWriter json, ClaimSet claims)
    {
        Text(json, "aud", claims.Audience);
        Number(json, "exp", claims.Expires);
        Text(json, "jti", claims.Id);
        Number(json, "iat", claims.IssuedAt);
        Text(json, "iss", claims.Issuer);
        Text(json, "name", claims.Name);
        Number(json, "nbf", claims.NotBefore);
        Text(json, "sub", claims.Subject);
    }

    private static void WriteKind(Utf8JsonWriter json, ClaimSet claims, string type)
    {
        Texts(json, "tags", claims.Tags);
        json.WriteString("type", type);
        json.WriteNumber("version", ClaimSet.CurrentVersion);
    }

    private static void WriteOperator(Utf8JsonWriter json, OperatorClaims claims)
    {
        Texts(json, "signing_keys", claims.SigningKeys);
        Text(json, "account_server_url", claims.AccountServerUrl);
        Texts(json, "operator_service_urls", claims.OperatorServiceUrls);
        Text(json, "system_account", claims.SystemAccount);
        Text(json, "assert_server_version", claims.AssertServerVersion);
        Flag(json, "strict_signing_key_usage", claims.StrictSigningKeyUsage);
        WriteKind(json, claims, "operator");
    }

    private static void WriteUser(Utf8JsonWriter json, UserClaims claims)
    {
        WriteRights(json, claims.Rights);
        Text(json, "issuer_account", claims.IssuerAccount);
        WriteKind(json, claims, "user");
    }

    private static void WriteActivation(Utf8JsonWriter json, ActivationClaims claims)
    {
        Text(json, "subject", claims.ImportSubject);
        WriteExportKind(json, "kind", claims.ImportKind);
        Text(json, "issuer_account", claims.IssuerAccount);
        WriteKind(json, claims, "activation");
    }

    private static void WriteRequest(Utf8JsonWriter json, AuthorizationRequestClaims claims)
    {
        json.WriteStartObject("server_id");
        json.WriteString("name", claims.Server.Name);
        json.WriteString("host", claims.Server.Host);
        json.WriteString("id", claims.Server.Id);
        Text(json, "version", claims.Server.Version);
        Text(json, "cluster", claims.Server.Cluster);
        Texts(json, "tags", claims.Server.Tags);
        Text(json, "xkey", claims.Server.XKey);
        json.WriteEndObject();

        json.WriteString("user_nkey", claims.UserNkey);

        json.WriteStartObject("client_info");
        Text(json, "host", claims.Client.Host);
        if (claims.Client.Id != 0) json.WriteNumber("id", claims.Client.Id);
        Text(json, "user", claims.Client.User);
        Text(json, "name", claims.Client.Name);
        Texts(json, "tags", claims.Client.Tags);
        Text(json, "name_tag", claims.Client.NameTag);
        Text(json, "kind", claims.Client.Kind);
        Text(json, "type", claims.Client.Type);
        Text(json, "mqtt_id", claims.Client.MqttId);
        Text(json, "nonce", claims.Client.Nonce);
        json.WriteEndObject();

        json.WriteStartObject("connect_opts");
        Text(json, "jwt", claims.Connect.Jwt);
        Text(json, "nkey", claims.Connect.Nkey);
        Text(json, "sig", claims.Connect.SignedNonce);
        Text(json, "auth_token", claims.Connect.Token);
        Text(json, "user", claims.Connect.Username);
        Text(json, "pass", claims.Connect.Password);
        Text(json, "name", claims.Connect.Name);
        Text(json, "lang", claims.Connect.Language);
        Text(json, "version", claims.Connect.Version);
        json.WriteNumber("protocol", claims.Connect.Protocol);
        json.WriteEndObject();

        if (claims.Tls is { } tls)
        {
            json.WriteStartObject("client_tls");
            Text(json, "version", tls.Version);
            Text(json, "cipher", tls.Cipher);
            Texts(json, "certs", tls.Certificates);
            if (tls.VerifiedChains.Count > 0)
            {
                json.WriteStartArray("verified_chains");
                foreach (IReadOnlyList<string> chain in tls.VerifiedChains) WriteItems(json, chain);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        Text(json, "request_nonce", claims.RequestNonce);
        WriteKind(json, claims, "authorization_request");
    }

    private static void WriteResponse(Utf8JsonWriter json, AuthorizationResponseClaims claims)
    {
        Text(json, "jwt", claims.Jwt);
        Text(json, "error", claims.Error);
        Text(json, "issuer_account", claims.IssuerAccount);
        WriteKind(json, claims, "authorization_response");
    }

    private static void WriteGeneric(Utf8JsonWriter json, GenericClaims claims)
    {
        const string Version = "version";
        foreach (string name in claims.Data.Keys.Append(Version).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            json.WritePropertyName(name);
            if (name == Version)
            {
                json.WriteNumberValue(ClaimSet.CurrentVersion);
            }
            else
            {
                claims.Data[name].WriteTo(json);
            }
        }
    }

    private static void WriteRights(Utf8JsonWriter json, UserRights rights)
    {
        WritePermissions(json, rights.Permissions);
        Texts(json, "src", rights.Sources);
        if (rights.Times.Count > 0)
        {
            json.WriteStartArray("times");
            foreach (TimeRange time in rights.Times)
            {
                json.WriteStartObject();
                Text(json, "start", time.Start);
                Text(json, "end", time.End);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Text(json, "times_location", rights.TimeZone);
        Number(json, "subs", rights.Subscriptions);
        Number(json, "data", rights.Data);
        Number(json, "payload", rights.Payload);
        Flag(json, "bearer_token", rights.IsBearer);
        Flag(json, "proxy_required", rights.IsProxyRequired);
        Texts(json, "allowed_connection_types", rights.AllowedConnectionTypes);
    }

    private static void WritePermissions(Utf8JsonWriter json, ClaimPermissions permissions)
    {
        WriteList("pub", permissions.Publish);
        WriteList("sub", permissions.Subscribe);
        if (permissions.Responses is { } responses)
        {
            json.WriteStartObject("resp");
            json.WriteNumber("max", responses.MaxMessages);
            json.WriteNumber("ttl", responses.ExpiresNs);
            json.WriteEndObject();
        }

        void WriteList(string name, PermissionList list)
        {
            json.WriteStartObject(name);
            Texts(json, "allow", list.Allow);
            Texts(json, "deny", list.Deny);
            json.WriteEndObject();
        }
    }

    private static void WriteExportKind(Utf8JsonWriter json, string name, ExportKind kind)
    {
        if (kind != ExportKind.Unknown) json.WriteString(name, kind == ExportKind.Stream ? "stream" : "service");
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0) json.WriteString(name, value);
    }

    private static void Number(Utf8JsonWriter json, string name, long value)
    {
        if (value != 0) json.WriteNumber(name, value);
    }

    private static void Flag(Utf8JsonWriter json, string name, bool value)
    {
        if (value) json.WriteBoolean(name, value);
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        json.WritePropertyName(name);
        WriteItems(json, values);
    }

    private static void WriteItems(Utf8JsonWriter json, IReadOnlyList<string> values)
    {
        json.WriteStartArray();
        foreach (string value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
