using System.Net;
using System.Net.Security;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Protocol;

namespace NATS.Server.OperatorMode;

/// <summary>Asks a web server: the base with the account's key behind it is the address of the account's token. Thread-safe.</summary>
internal sealed class UrlResolver : IAccountResolver
{
    private const int MaxIdleConnections = 10;
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);

    private readonly string _base;
    private readonly HttpClient _client;

    /// <summary>Makes a resolver; nobody is asked yet.</summary>
    /// <param name="baseUrl">With or without a slash at its end.</param>
    /// <param name="timeout">For a whole answer.</param>
    /// <param name="tls">How to speak TLS; null for the defaults of the platform.</param>
    public UrlResolver(string baseUrl, TimeSpan timeout, SslClientAuthenticationOptions? tls = null)
    {
        _base = baseUrl.EndsWith('/') ? baseUrl : baseUrl + "/";
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = MaxIdleConnections, PooledConnectionIdleTimeout = IdleTimeout, AutomaticDecompression = DecompressionMethods.GZip };
        if (tls is not null) handler.SslOptions = tls;
        _client = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = JwtToken.MaxSize };
    }

    public bool IsReadOnly => true;

    /// <summary>Asks for nothing in particular, to see whether the web server answers.</summary>
    /// <exception cref="ResolverException">It does not.</exception>
    public async Task ProbeAsync() => await FetchAsync("", CancellationToken.None).ConfigureAwait(false);

    public async ValueTask<string> FetchAsync(string account, CancellationToken cancellation)
    {
        string url = _base + account;
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(new Uri(url), cancellation).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK) return await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
            throw Failure(url, $"{(int)response.StatusCode} {response.ReasonPhrase}");
        }
        catch (HttpRequestException problem)
        {
            throw Failure(url, problem.Message);
        }
        catch (OperationCanceledException)
        {
            throw Failure(url, "no answer in time");
        }
        catch (UriFormatException problem)
        {
            throw Failure(url, problem.Message);
        }
    }

    public void Store(string account, string token) => throw new ResolverException("store operation not supported for URL Resolver");

    public void Dispose() => _client.Dispose();

    private static ResolverException Failure(string url, string reason) => new($"could not fetch <{QuotedText.Quote(WithoutPassword(url))}>: {reason}");

    private static string WithoutPassword(string url)
    {
        int start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        int at = url.IndexOf('@', start);
        if (at < 0) return url;
        int colon = url.IndexOf(':', start, at - start);
        return colon < 0 ? url : $"{url[..(colon + 1)]}xxxxx{url[at..]}";
    }
}
