using NATS.Server.Auth;
using NATS.Server.Core.Security;
using NATS.Server.Options;
using NATS.Server.Testing;
using NATS.Server.Testing.Transcripts;
using Xunit;

namespace NATS.Server.ServerTests.Auth;

/// <summary>What an embedder's own authentication learns of a connection, and what it may decide.</summary>
public sealed class CustomAuthenticationTests
{
    private const string Violation = "-ERR 'Authorization Violation'\r\n";

    private static readonly ServerOptions Options = new()
    {
        Host = "127.0.0.1",
        Port = ServerOptions.RandomPort,
        EventLoops = 1,
        AlwaysEnableNonce = true,
        Accounts = [new AccountOptions { Name = "A" }, new AccountOptions { Name = "B" }],
    };

    private static async Task<RawClient> DialAsync(NatsServer server, Func<string, string> connect)
    {
        RawClient client = await RawClient.ConnectAsync(server.ClientEndPoint!);
        await client.ReadLineAsync();
        await client.SendAsync(connect(TranscriptKeys.NonceIn(client.Received)) + "\r\nPING\r\n");
        return client;
    }

    private static Task<RawClient> DialAsync(NatsServer server, string user) => DialAsync(server, _ => $$"""CONNECT {"verbose":false,"user":"{{user}}"}""");

    private static Task<NatsServer> StartAsync(AsyncAuthenticationDelegate authenticate, TimeProvider? time = null) =>
        NatsServer.StartAsync(Options, new NatsServerServices { AsyncAuthentication = authenticate, TimeProvider = time ?? TimeProvider.System });

    [Fact]
    public async Task It_puts_clients_into_accounts_with_permissions()
    {
        await using NatsServer server = await StartAsync(static (request, _) => new(
            AuthenticationDecision.Accept(request.Options.User + "!", new PermissionsOptions { Publish = new SubjectPermissionOptions { Deny = ["no"] } }) with
            {
                Account = request.Options.User[..1],
            }));
        await using RawClient first = await DialAsync(server, "A1");
        await using RawClient second = await DialAsync(server, "A2");
        await using RawClient other = await DialAsync(server, "B1");
        foreach (RawClient client in (RawClient[])[first, second, other]) await client.ExpectAsync("PONG\r\n");
        await first.SendAsync("SUB x 1\r\nPING\r\n");
        await first.ExpectAsync("PONG\r\n");

        await other.SendAsync("PUB x 1\r\nb\r\nPUB no 0\r\n\r\nPING\r\n");
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"no\"'\r\nPONG\r\n", await other.ReadUntilAsync("PONG\r\n"));
        await second.SendAsync("PUB x 1\r\na\r\n");

        await first.ExpectAsync("MSG x 1 1\r\na\r\n");
    }

    [Fact]
    public async Task An_account_that_does_not_exist_lets_nobody_in()
    {
        await using NatsServer server = await StartAsync(static (_, _) => new(AuthenticationDecision.Accept() with { Account = "NONE" }));
        await using RawClient client = await DialAsync(server, "u");

        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task It_sees_the_nonce_that_the_client_signed()
    {
        NkeyPair pair = CalloutService.Pair(NkeyRole.User, 1);
        ulong id = 0;
        await using NatsServer server = await StartAsync((request, _) =>
        {
            id = request.ConnectionId;
            bool isSigned = Convert.TryFromBase64String(request.Options.Signature, new byte[64], out int length) && length == Ed25519.SignatureSize
                && pair.PublicKey.Verify(System.Text.Encoding.ASCII.GetBytes(request.Nonce), Convert.FromBase64String(request.Options.Signature));
            return new(isSigned && request.Tls is null ? AuthenticationDecision.Accept() : AuthenticationDecision.Reject);
        });

        await using RawClient good = await DialAsync(server, nonce => TranscriptKeys.Expand("""CONNECT {"verbose":false,"sig":"%{sig64:1}"}""", nonce));
        await good.ExpectAsync("PONG\r\n");
        Assert.NotEqual(0UL, id);
        await using RawClient bad = await DialAsync(server, nonce => TranscriptKeys.Expand("""CONNECT {"verbose":false,"sig":"%{sig64:2}"}""", nonce));
        Assert.Equal(Violation, await bad.ReadToCloseAsync());
    }

    [Fact]
    public async Task What_it_lets_in_for_a_time_is_closed_when_that_is_over()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await StartAsync((_, _) => new(AuthenticationDecision.Accept() with { ExpiresAt = time.GetUtcNow().AddSeconds(5) }), time);
        await using RawClient client = await DialAsync(server, "u");
        await client.ExpectAsync("PONG\r\n");

        time.Advance(TimeSpan.FromSeconds(6));

        Assert.Contains("-ERR 'User Authentication Expired'\r\n", await client.ReadToCloseAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_may_wait_for_others_without_holding_a_thread_and_is_told_when_the_time_is_over()
    {
        const int clients = 200;
        var gate = new TaskCompletionSource<AuthenticationDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
        int waiting = 0;
        await using NatsServer server = await StartAsync(async (_, cancellation) =>
        {
            Interlocked.Increment(ref waiting);
            return await gate.Task.WaitAsync(cancellation);
        });
        var all = new List<RawClient>();
        for (int i = 0; i < clients; i++) all.Add(await DialAsync(server, "u"));
        Eventually.Equal(clients, () => Volatile.Read(ref waiting), "logins under way");

        gate.SetResult(AuthenticationDecision.Accept());

        foreach (RawClient client in all)
        {
            await client.ExpectAsync("PONG\r\n");
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_that_never_answers_rejects_when_the_time_to_authenticate_is_over()
    {
        ServerOptions options = Options with { Authorization = new AuthorizationOptions { Timeout = TimeSpan.FromMilliseconds(200) } };
        AsyncAuthenticationDelegate never = static async (_, cancellation) =>
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
            return AuthenticationDecision.Accept();
        };
        await using NatsServer server = await NatsServer.StartAsync(options, new NatsServerServices { AsyncAuthentication = never });
        await using RawClient client = await DialAsync(server, "u");

        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }
}
