using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Host.Explain;

/// <summary>The first thing a client says. Pure.</summary>
internal static class ConnectLine
{
    /// <summary>Renders <c>CONNECT {…}</c> with its line end.</summary>
    /// <param name="login">Who one is.</param>
    /// <param name="nonce">Of the server's INFO; empty when it has none.</param>
    /// <param name="isSecured">Whether this is said over TLS.</param>
    /// <exception cref="ExplainException">There is nothing to sign.</exception>
    public static byte[] Write(NatsLogin login, string nonce, bool isSecured)
    {
        if (login.Key is not null && nonce.Length == 0) throw new ExplainException("nobody can log in with a key: the server asks for no signature");
        var line = new ArrayBufferWriter<byte>(1024);
        line.Write("CONNECT "u8);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteBoolean("verbose", false);
            json.WriteBoolean("pedantic", false);
            json.WriteBoolean("tls_required", isSecured);
            json.WriteString("name", "nats-server explain");
            json.WriteString("lang", ".NET");
            json.WriteString("version", ServerVersion.Compatible);
            json.WriteNumber("protocol", ServerVersion.Protocol);
            json.WriteBoolean("headers", true);
            json.WriteBoolean("no_responders", true);
            json.WriteBoolean("echo", true);
            WriteText(json, "user", login.User);
            if (login.User.Length > 0) json.WriteString("pass", login.Password);
            WriteText(json, "auth_token", login.Token);
            if (login.Key is { } key)
            {
                if (login.Jwt.Length > 0) json.WriteString("jwt", login.Jwt);
                else json.WriteString("nkey", key.ToString());
                json.WriteString("sig", Base64Url.EncodeToString(key.Sign(Encoding.UTF8.GetBytes(nonce))));
            }

            json.WriteEndObject();
        }

        line.Write("\r\n"u8);
        return line.WrittenSpan.ToArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0) json.WriteString(name, value);
    }
}
