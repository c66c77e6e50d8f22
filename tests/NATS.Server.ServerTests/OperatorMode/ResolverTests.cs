using System.Net;
using System.Text;
using NATS.Server.Core.Jwt;
using NATS.Server.OperatorMode;
using NATS.Server.Options;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using static NATS.Server.ServerTests.OperatorMode.OperatorServer;

namespace NATS.Server.ServerTests.OperatorMode;

/// <summary>Where tokens of accounts come from.</summary>
public sealed class ResolverTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OperatorSetup _operator = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_web_server_is_asked_for_accounts()
    {
        AccountSetup known = _operator.AddAccount("A");
        AccountSetup unknown = _operator.AddAccount("B");
        AccountSetup system = _operator.AddAccount("S");
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using HttpListener web = Serve(
            path =>
            {
                asked.Enqueue(path);
                return path == known.Id ? known.Token : path == system.Id ? system.Token : path.Length == 0 ? "" : null;
            },
            out string url);
        await using OperatorServer server = await StartAsync(_operator, new ResolverOptions(ResolverKind.Url) { Url = url }, options => options with
        {
            SystemAccount = system.Id,
            Operator = options.Operator with { Preload = new Dictionary<string, string>(StringComparer.Ordinal) },
        });

        Assert.Equal(Pong, await server.AnswerAsync(known.AddUser("U")));
        Assert.Equal(Pong, await server.AnswerAsync(known.AddUser("V")));
        Assert.Equal(Violation, await server.AnswerAsync(unknown.AddUser("W")));
        Assert.Equal(["", system.Id, known.Id, unknown.Id], asked);
    }

    [Fact]
    public async Task A_server_does_not_start_when_the_web_server_does_not_answer()
    {
        using HttpListener web = Serve(static _ => null, out string url);
        var problem = await Assert.ThrowsAsync<NatsServerException>(() => StartAsync(_operator, new ResolverOptions(ResolverKind.Url) { Url = url }, options => options with
        {
            Operator = options.Operator with { Preload = new Dictionary<string, string>(StringComparer.Ordinal) },
        }));
        Assert.Equal($"could not fetch <\"{url}\">: 404 Not Found", problem.Message);
    }

    [Fact]
    public async Task Errors_do_not_show_passwords()
    {
        using var resolver = new UrlResolver("http://joe:secret@127.0.0.1:1/", TimeSpan.FromSeconds(5));
        var problem = await Assert.ThrowsAsync<ResolverException>(async () => await resolver.FetchAsync("X", TestContext.Current.CancellationToken));
        Assert.StartsWith("could not fetch <\"http://joe:xxxxx@127.0.0.1:1/X\">: ", problem.Message, StringComparison.Ordinal);
    }

    // The server itself asks in the system account; whoever answers there is believed as far as the operator signed.
    [Fact]
    public async Task A_cache_asks_in_the_system_account()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup user = account.AddUser("U");
        await using OperatorServer server = await StartAsync(_operator, new ResolverOptions(ResolverKind.Cache) { Directory = _folder.Path }, preloaded: []);
        await using RawClient oracle = await server.LoginAsync(server.System.AddUser("oracle"));
        await oracle.SendAsync($"SUB $SYS.REQ.ACCOUNT.{account.Id}.CLAIMS.LOOKUP 1\r\n");
        await oracle.PingAsync();

        await using RawClient client = await server.DialAsync(user);
        await client.SendAsync("PING\r\n");
        string head = await oracle.ReadUntilAsync("\r\n");
        await oracle.ReadUntilAsync("\r\n");
        string inbox = head.Split(' ')[3];
        await oracle.SendAsync($"PUB {inbox} 0\r\n\r\nPUB {inbox} {account.Token.Length}\r\n{account.Token}\r\n");
        Assert.Equal(Pong, await client.ReadUntilAsync("\r\n"));
        Assert.Equal(account.Token, await File.ReadAllTextAsync(Path.Combine(_folder.Path, account.Id + ".jwt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_account_that_nobody_knows_costs_no_more_than_the_time_out()
    {
        var stranger = new OperatorSetup(first: 400).AddAccount("X");
        await using OperatorServer server = await StartAsync(_operator, new ResolverOptions(ResolverKind.Full) { Directory = _folder.Path, FetchTimeout = TimeSpan.FromMilliseconds(50) });
        Assert.Equal(Violation, await server.AnswerAsync(stranger.AddUser("U")));
    }

    [Fact]
    public async Task Tokens_that_no_trusted_operator_signed_are_not_kept()
    {
        AccountSetup account = _operator.AddAccount("A");
        var stranger = new OperatorSetup(first: 400);
        string forged = JwtToken.Encode(account.Claims, stranger.Key, _operator.Now + 5);
        await using OperatorServer server = await StartAsync(_operator, new ResolverOptions(ResolverKind.Full) { Directory = _folder.Path });
        Assert.Equal("jwt update resulted in error - account validation failed", await server.PushAsync(forged));
        Assert.Equal(Pong, await server.AnswerAsync(account.AddUser("U")));
        Assert.Equal(account.Token, await server.RequestAsync($"$SYS.REQ.ACCOUNT.{account.Id}.CLAIMS.LOOKUP", ""));
    }

    [Fact]
    public async Task A_pack_request_with_the_same_digest_is_answered_with_nothing()
    {
        await using OperatorServer server = await StartAsync(_operator, new ResolverOptions(ResolverKind.Full) { Directory = _folder.Path });
        byte[] digest = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(server.System.Token));
        await using RawClient client = await server.LoginAsync(server.System.AddUser("admin"));
        await client.SendAsync("SUB answer 1\r\nPUB $SYS.REQ.CLAIMS.PACK answer 32\r\n");
        await client.SendAsync(digest);
        await client.SendAsync("\r\n");
        Assert.Equal("MSG answer 1 0\r\n\r\n", await client.ReadUntilAsync("\r\n\r\n"));
    }

    [Fact]
    public async Task A_reload_brings_the_accounts_of_the_new_configuration()
    {
        AccountSetup account = _operator.AddAccount("A");
        AccountSetup gone = _operator.AddAccount("B");
        UserSetup user = account.AddUser("U");
        await using OperatorServer server = await StartAsync(_operator);
        await using RawClient client = await server.LoginAsync(user);
        await using RawClient lost = await server.LoginAsync(gone.AddUser("V"));
        string revoking = account.Reissue(claims => claims with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { ["*"] = _operator.Now }) });
        Dictionary<string, string> preload = server.Server.Options.Operator.Preload.ToDictionary(StringComparer.Ordinal);
        preload[account.Id] = revoking;
        preload.Remove(gone.Id);
        ServerOptions next = server.Server.Options with { Operator = server.Server.Options.Operator with { Preload = preload } };
        Assert.Empty(server.Server.Reload(next).Errors);
        Assert.Equal("-ERR 'User Authentication Revoked'\r\n", await client.ReadToCloseAsync());
        Assert.Equal("-ERR 'Account Authentication Expired'\r\n", await lost.ReadToCloseAsync());
        Assert.Equal(Violation, await server.AnswerAsync(user));
    }

    private static HttpListener Serve(Func<string, string?> answer, out string url)
    {
        // A free port: HttpListener cannot choose one.
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        url = $"http://127.0.0.1:{port}/jwt/";
        var listener = new HttpListener();
        listener.Prefixes.Add(url);
        listener.Start();
        _ = RunAsync();
        return listener;

        async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    HttpListenerContext context = await listener.GetContextAsync();
                    string? text = answer(context.Request.Url!.Segments.Length > 2 ? context.Request.Url.Segments[2] : "");
                    context.Response.StatusCode = text is null ? 404 : 200;
                    if (text is not null) context.Response.OutputStream.Write(Encoding.ASCII.GetBytes(text));
                    context.Response.Close();
                }
            }
            catch (Exception problem) when (problem is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
