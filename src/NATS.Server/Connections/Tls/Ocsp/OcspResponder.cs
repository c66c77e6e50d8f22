using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>Asks responders over HTTP with GET (RFC 6960, A.1). Thread-safe. Answers are bounded by <see cref="OcspResponse.MaxSize"/>.</summary>
internal sealed class OcspResponder : IDisposable
{
    private const int MaxConnections = 64;
    private const int MaxRedirections = 10;

    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = MaxConnections,
        MaxAutomaticRedirections = MaxRedirections,
        PooledConnectionIdleTimeout = IdleTimeout,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = OcspResponse.MaxSize,
    };

    /// <summary>The addresses of responders that a certificate names, those of the web only.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The certificate's extension is damaged.</exception>
    public static List<Uri> AddressesOf(X509Certificate2 certificate)
    {
        var addresses = new List<Uri>();
        foreach (X509AuthorityInformationAccessExtension extension in certificate.Extensions.OfType<X509AuthorityInformationAccessExtension>())
        {
            foreach (string text in extension.EnumerateOcspUris())
            {
                if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https") addresses.Add(address);
            }
        }

        return addresses;
    }

    /// <summary>Asks one responder.</summary>
    /// <param name="address">Of the responder.</param>
    /// <param name="request">The encoded question.</param>
    /// <param name="timeout">For the whole answer.</param>
    /// <returns>The answer as it came, or null and why there is none.</returns>
    public async Task<(byte[]? Answer, string Problem)> AskAsync(Uri address, byte[] request, TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            var question = new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{Uri.EscapeDataString(Convert.ToBase64String(request))}");
            using HttpResponseMessage response = await _client.GetAsync(question, deadline.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK) return (null, $"bad OCSP responder http status: [{(int)response.StatusCode}]");
            byte[] answer = await response.Content.ReadAsByteArrayAsync(deadline.Token).ConfigureAwait(false);
            return answer.Length == 0 ? (null, "empty answer") : (answer, "");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or UriFormatException or InvalidOperationException)
        {
            return (null, exception.Message);
        }
        catch (OperationCanceledException)
        {
            return (null, "no answer in time");
        }
    }

    public void Dispose() => _client.Dispose();
}
