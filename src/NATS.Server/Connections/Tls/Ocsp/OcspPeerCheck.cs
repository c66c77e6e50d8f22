using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using NATS.Server.Options;

namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>
/// Judges clients' verified chains by what their authorities say now. Thread-safe; never throws. It waits for responders, so it runs where
/// handshakes run, without holding a thread.
/// </summary>
/// <param name="options">What is asked for.</param>
/// <param name="responder">Asks.</param>
/// <param name="cache">Remembers answers; null: nobody does.</param>
/// <param name="logger">Is told of everything that was decided.</param>
/// <param name="time">The clock.</param>
internal sealed partial class OcspPeerCheck(OcspPeerOptions options, OcspResponder responder, OcspCache? cache, ILogger logger, TimeProvider time)
{
    /// <summary>What the log shows of a handshake with a client that is not valid.</summary>
    public const string Refusal = "client not OCSP valid";

    /// <summary>Told of every peer that is not valid, and before that of the certificate that makes it so. Set once.</summary>
    public Action<OcspRefusal>? Refused { get; init; }

    private TimeSpan CaTimeout => options.CaTimeout > TimeSpan.Zero ? options.CaTimeout : OcspPeerOptions.DefaultCaTimeout;

    /// <summary>Whether each certificate of a chain whose issuer names a responder is good, as far as the options ask for it.</summary>
    /// <param name="chain">From the client's certificate to a trusted authority.</param>
    public async Task<bool> IsValidAsync(IReadOnlyList<X509Certificate2> chain)
    {
        if (chain.Count == 0)
        {
            Log.Error(logger, "Peer certificate is nil, rejecting OCSP peer");
            return false;
        }

        Log.Debug(logger, "Peer OCSP enabled: 1 TLS client chain(s) will be evaluated");
        Log.Debug(logger, $"Chain [0]: {chain.Count} total link(s)");
        if (chain.Count == 1)
        {
            Log.Debug(logger, "Chain [0] is self-signed, thus peer is valid");
            return true;
        }

        bool isEligible = false;
        for (int i = 0; i < chain.Count - 1; i++)
        {
            List<Uri> addresses;
            OcspCertId id;
            try
            {
                addresses = OcspResponder.AddressesOf(chain[i]);
                if (addresses.Count == 0) continue;
                id = new OcspCertId(chain[i], chain[i + 1]);
            }
            catch (Exception exception) when (exception is CryptographicException or AsnContentException)
            {
                Log.Warning(logger, $"OCSP verify fail for [{NameOf(chain[i])}]: {exception.Message}");
                Refused?.Invoke(new OcspRefusal(chain[0], Link: null, Refusal));
                return false;
            }

            isEligible = true;
            if (await FindProblemAsync(chain[i], chain[i + 1], id, addresses).ConfigureAwait(false) is not { } problem) continue;
            Log.Debug(logger, problem);
            Log.Debug(logger, "No OCSP valid chains, thus peer is invalid");
            Refused?.Invoke(new OcspRefusal(chain[0], chain[i], problem));
            Refused?.Invoke(new OcspRefusal(chain[0], Link: null, Refusal));
            return false;
        }

        Log.Debug(logger, isEligible ? "Chain [0] is OCSP valid for all eligible links, thus peer is valid" : "Chain [0] has no OCSP eligible links, thus peer is valid");
        return true;
    }

    private async Task<string?> FindProblemAsync(X509Certificate2 certificate, X509Certificate2 issuer, OcspCertId id, List<Uri> addresses)
    {
        string subject = NameOf(certificate);
        string key = cache is null ? "" : OcspCache.KeyOf(certificate, issuer);
        OcspAnswer? cached = cache?.Find(key);
        if (cached is not null && IsCurrent(cached))
        {
            Log.Debug(logger, $"Cached OCSP response is current, status [{cached.StatusText}]");
            return Judge(cached, subject);
        }

        if (cached is not null)
        {
            Log.Debug(logger, $"Cached OCSP response is expired, status [{cached.StatusText}]");
            cache?.Expire(key);
        }

        (byte[]? bytes, string unreachable) = await AskAsync(id, addresses).ConfigureAwait(false);
        if (bytes is null)
        {
            Log.Warning(logger, $"Attempt to obtain OCSP response from CA responder for [{subject}] failed: exhausted OCSP responders: {unreachable}");
            return JudgeSilence(cached, subject);
        }

        OcspProblem problem = OcspResponse.TryRead(bytes, certificate, issuer, time.GetUtcNow(), options.AllowedClockSkew, out OcspAnswer? answer, out string reason);
        if (answer is null || problem != OcspProblem.None)
        {
            if (problem == OcspProblem.Delegation)
            {
                Log.Warning(logger, $"Invalid OCSP response delegation: {subject}");
                return Forgive(subject, $"Invalid OCSP response delegation: {subject}");
            }

            Log.Error(logger, $"Could not parse OCSP CA response for [{subject}]: {reason}");
            return Forgive(subject, "Failed OCSP response parse");
        }

        if (!IsCurrent(answer))
        {
            Log.Warning(logger, $"New OCSP CA response obtained for [{subject}] but not current");
            return Forgive(subject, "OCSP response not in effectivity window");
        }

        cache?.Put(key, answer);
        return Judge(answer, subject);
    }

    private async Task<(byte[]? Answer, string Problem)> AskAsync(OcspCertId id, List<Uri> addresses)
    {
        byte[] request = id.CreateRequest();
        string problem = "no available OCSP servers";
        foreach (Uri address in addresses)
        {
            Log.Debug(logger, $"Trying OCSP responder url [{address.OriginalString}]");
            (byte[]? answer, problem) = await responder.AskAsync(address, request, CaTimeout).ConfigureAwait(false);
            if (answer is not null) return (answer, "");
        }

        return (null, problem);
    }

    private string? Judge(OcspAnswer answer, string subject)
    {
        if (answer.Status == OcspStatus.Good || (answer.Status == OcspStatus.Unknown && options.UnknownIsGood))
        {
            Log.Debug(logger, $"OCSP verify pass for [{subject}]");
            return null;
        }

        Log.Warning(logger, $"OCSP verify fail for [{subject}] with CA status [{answer.StatusText}]");
        return Forgive(subject, $"Invalid OCSP response status: {answer.StatusText}");
    }

    private string? JudgeSilence(OcspAnswer? cached, string subject)
    {
        const string failed = "Failed OCSP response fetch";
        if (options.WarnOnly) return Forgive(subject, failed);
        if (!options.AllowWhenCaUnreachable) return failed;
        if (cached is { Status: OcspStatus.Revoked })
        {
            Log.Warning(logger, $"Failed to obtain OCSP CA response for [{subject}] but AllowWhenCAUnreachable set; cached revocation exists so rejecting");
            return failed;
        }

        Log.Warning(logger, $"Failed to obtain OCSP CA response for [{subject}] but AllowWhenCAUnreachable set; no cached revocation so allowing");
        return null;
    }

    /// <summary>With <c>warn_only</c> nothing is a problem.</summary>
    private string? Forgive(string subject, string problem)
    {
        if (!options.WarnOnly) return problem;
        Log.Warning(logger, $"OCSP verify fail for [{subject}] but WarnOnly is true so allowing");
        return null;
    }

    private bool IsCurrent(OcspAnswer answer) => answer.IsCurrent(time.GetUtcNow(), options.AllowedClockSkew, options.CacheTtlWhenNextUpdateUnset);

    private static string NameOf(X509Certificate2 certificate) => DistinguishedName.Format(certificate.SubjectName);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "{Text}")]
        public static partial void Debug(ILogger logger, string text);

        [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "{Text}")]
        public static partial void Warning(ILogger logger, string text);

        [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "{Text}")]
        public static partial void Error(ILogger logger, string text);
    }
}
