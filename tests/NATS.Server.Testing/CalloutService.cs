using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Testing.Jwt;

namespace NATS.Server.Testing;

/// <summary>
/// Owned by one test. An authorization service over a raw connection: reads a request, lets the test decide, and answers as the test says. What is wrong with
/// an answer is up to the test.
/// </summary>
public sealed class CalloutService : IAsyncDisposable
{
    private readonly RawClient _client;

    private CalloutService(RawClient client) => _client = client;

    /// <summary>The account that signs users.</summary>
    public static NkeyPair Issuer { get; } = Pair(NkeyRole.Account, 11);

    /// <summary>The service's curve keys.</summary>
    public static NkeyPair Curve { get; } = Pair(NkeyRole.Curve, 12);

    /// <summary>A pair that is the same in every run.</summary>
    public static NkeyPair Pair(NkeyRole role, byte seed) => NkeyPair.Create(role, Enumerable.Repeat(seed, NkeyPair.SeedSize).ToArray());

    /// <summary>Connects as the service's user and subscribes.</summary>
    public static Task<CalloutService> StartAsync(int port, string user, string password) =>
        StartAsync(port, _ => $$"""{"verbose":false,"headers":true,"user":"{{user}}","pass":"{{password}}"}""");

    /// <summary>Connects as a user of operator mode and subscribes.</summary>
    public static Task<CalloutService> StartAsync(int port, UserSetup user) => StartAsync(port, nonce => user.Connect(nonce));

    private static async Task<CalloutService> StartAsync(int port, Func<string, string> connect)
    {
        RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        using JsonDocument info = JsonDocument.Parse((await client.ReadLineAsync())["INFO ".Length..]);
        string nonce = info.RootElement.TryGetProperty("nonce", out JsonElement found) ? found.GetString()! : "";
        await client.SendAsync($"CONNECT {connect(nonce)}\r\nSUB $SYS.REQ.USER.AUTH 1\r\nPING\r\n");
        await client.ExpectAsync("PONG\r\n");
        return new CalloutService(client);
    }

    /// <summary>The next request.</summary>
    public async Task<CalloutRequestMessage> NextAsync()
    {
        string line = await _client.ReadLineAsync();
        while (line.StartsWith("PING", StringComparison.Ordinal)) line = await _client.ReadLineAsync();
        string[] words = line.TrimEnd().Split(' ');
        bool hasHeaders = words[0] == "HMSG";
        int headerSize = hasHeaders ? int.Parse(words[4], CultureInfo.InvariantCulture) : 0;
        int size = int.Parse(words[^1], CultureInfo.InvariantCulture);
        string body = await _client.ReadExactlyAsync(size + 2);
        string headers = body[..headerSize];
        byte[] payload = Encoding.Latin1.GetBytes(body[headerSize..size]);
        const string keyHeader = "Nats-Server-Xkey: ";
        int key = headers.IndexOf(keyHeader, StringComparison.Ordinal);
        string serverKey = key < 0 ? "" : headers.Substring(key + keyHeader.Length, Nkey.TextLength);
        if (serverKey.Length > 0)
        {
            if (!Nkey.TryParse(serverKey, NkeyRole.Curve, out Nkey sender) || !Curve.TryOpen(payload, sender, out byte[]? opened)) throw new InvalidDataException("request cannot be opened");
            payload = opened;
        }

        if (!JwtToken.TryDecode(Encoding.ASCII.GetString(payload), out AuthorizationRequestClaims? claims, out string? error)) throw new InvalidDataException(error);
        return new CalloutRequestMessage(words[3], claims, serverKey);
    }

    /// <summary>Answers with bytes.</summary>
    public async Task AnswerAsync(CalloutRequestMessage request, ReadOnlyMemory<byte> payload)
    {
        byte[] head = Encoding.ASCII.GetBytes($"PUB {request.Reply} {payload.Length}\r\n");
        await _client.SendAsync((byte[])[.. head, .. payload.Span, .. "\r\n"u8]);
    }

    /// <summary>Answers with a user, in an account.</summary>
    /// <param name="request">What is answered.</param>
    /// <param name="change">Makes the user what the test wants.</param>
    /// <param name="changeResponse">The same for the answer around it.</param>
    /// <param name="signer">Who signs both; <see cref="Issuer"/> when null.</param>
    /// <param name="responseSigner">Who signs the answer, if somebody else.</param>
    /// <param name="isSealed">Whether only the server can read the answer.</param>
    public Task AllowAsync(
        CalloutRequestMessage request,
        Func<UserClaims, UserClaims>? change = null,
        Func<AuthorizationResponseClaims, AuthorizationResponseClaims>? changeResponse = null,
        NkeyPair? signer = null,
        NkeyPair? responseSigner = null,
        bool isSealed = false)
    {
        signer ??= Issuer;
        var user = new UserClaims { Subject = request.Claims.UserNkey, Audience = "$G", Rights = UserRights.Standard };
        string jwt = JwtToken.Encode(change?.Invoke(user) ?? user, signer, Now);
        var response = new AuthorizationResponseClaims { Subject = request.Claims.UserNkey, Audience = request.Claims.Server.Id, Jwt = jwt };
        byte[] answer = Encoding.ASCII.GetBytes(JwtToken.Encode(changeResponse?.Invoke(response) ?? response, responseSigner ?? signer, Now));
        if (!isSealed) return AnswerAsync(request, answer);
        bool canSeal = Nkey.TryParse(request.ServerKey, NkeyRole.Curve, out Nkey recipient) && Curve.TrySeal(answer, recipient, new byte[24], out answer!);
        return canSeal ? AnswerAsync(request, answer) : throw new InvalidOperationException("the request was not encrypted");
    }

    /// <summary>Answers with an error.</summary>
    public Task DenyAsync(CalloutRequestMessage request, string error) => AnswerAsync(request, Encoding.ASCII.GetBytes(JwtToken.Encode(
        new AuthorizationResponseClaims { Subject = request.Claims.UserNkey, Audience = request.Claims.Server.Id, Error = error }, Issuer, Now)));

    /// <summary>The connection itself.</summary>
    public RawClient Client => _client;

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();
}

/// <summary>A request of a server. Immutable.</summary>
/// <param name="Reply">Where to answer.</param>
/// <param name="Claims">What is asked.</param>
/// <param name="ServerKey">The server's curve key; empty when the request was not encrypted.</param>
public sealed record CalloutRequestMessage(string Reply, AuthorizationRequestClaims Claims, string ServerKey);
