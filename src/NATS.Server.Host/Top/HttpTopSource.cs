using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Host.Top;

/// <summary>Asks a server by its monitoring port. One question at a time.</summary>
internal sealed class HttpTopSource : ITopSource, IDisposable
{
    // A server with ten thousand streams answers with 15 MB.
    private const int MaximumAnswer = 256 * 1024 * 1024;
    private const int MaximumReason = 80;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _client;

    private HttpTopSource(Uri address, SslClientAuthenticationOptions tls)
    {
        var handler = new SocketsHttpHandler { SslOptions = tls, UseCookies = false, AllowAutoRedirect = false, ConnectTimeout = Timeout };
        _client = new HttpClient(handler) { BaseAddress = address, Timeout = Timeout, MaxResponseContentBufferSize = MaximumAnswer };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("nats-server-top", ServerVersion.Compatible));
    }

    /// <summary>Prepares to ask.</summary>
    /// <exception cref="TopSourceException">A certificate or a key cannot be read.</exception>
    public static HttpTopSource Create(TopArguments arguments)
    {
        SslClientAuthenticationOptions tls;
        try
        {
            tls = ClientTls.Read(arguments.CertificateFile, arguments.KeyFile, arguments.AuthorityFile);
        }
        catch (UnreadableFileException problem)
        {
            throw new TopSourceException(problem.Message, problem);
        }

#pragma warning disable CA5359 // the operator asked for it with -k
        if (arguments.AcceptsAnyCertificate) tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return new HttpTopSource(arguments.Address, tls);
    }

    public async Task<TopSample> AskAsync(TopQuestion question, CancellationToken cancellationToken)
    {
        byte[] server = await GetAsync("varz", cancellationToken);
        byte[]? connections = question.ConnectionsPath is { } page ? await GetAsync(page, cancellationToken) : null;
        byte[]? jetStream = question.JetStreamPath is { } streams ? await GetAsync(streams, cancellationToken) : null;
        try
        {
            return TopSampleReader.Read(question.View, server, connections, jetStream);
        }
        catch (JsonException problem)
        {
            throw new TopSourceException($"{_client.BaseAddress?.Authority}: {problem.Message}", problem);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (response.IsSuccessStatusCode) return body;
            string reason = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, MaximumReason))).Split('\n')[0].Trim();
            throw new TopSourceException($"{_client.BaseAddress}{path.Split('?')[0]}: {(int)response.StatusCode} {reason}".TrimEnd());
        }
        catch (HttpRequestException problem)
        {
            throw new TopSourceException($"{_client.BaseAddress}{path.Split('?')[0]}: {ReasonOf(problem)}", problem);
        }
        catch (OperationCanceledException problem) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TopSourceException($"{_client.BaseAddress}{path.Split('?')[0]}: no answer in {Timeout.TotalSeconds:0} seconds", problem);
        }
    }

    private static string ReasonOf(HttpRequestException problem) => problem.InnerException switch
    {
        SocketException socket => ErrorText.SocketReason(socket),
        { } inner when problem.HttpRequestError == HttpRequestError.SecureConnectionError => inner.Message,
        _ => problem.Message,
    };
}
