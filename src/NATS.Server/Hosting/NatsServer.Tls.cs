using NATS.Server.Connections.Tls;
using NATS.Server.Connections.Tls.Ocsp;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server;

/// <summary>TLS of the client listener, also after a reload.</summary>
public sealed partial class NatsServer
{
    private const long RefusedReportMs = 1000;

    private long _refusedReportedMs;

    // Asks nobody for a certificate: scrapers have none.
    private TlsListener? _monitoringTls;

    // Made with the first listener that checks for revocations; what was learned outlives a reload.
    private OcspResponder? _ocspResponder;
    private OcspCache? _ocspCache;

    /// <summary>Null when no certificate authority is asked, or answers are not remembered.</summary>
    internal OcspCacheState? DescribeOcspCache() => Volatile.Read(ref _ocspCache)?.State;

    /// <summary>Embedders name files; a configuration's were read with it.</summary>
    private static ServerOptions ReadTlsFiles(ServerOptions options)
    {
        if (OcspReader.FindContradiction(options.Tls) is { } contradiction) throw new NatsServerException(contradiction);
        if (options.Tls is not { Material: null } tls) return options;
        return TlsMaterial.TryLoad(tls, out TlsMaterial? material, out string? error)
            ? options with { Tls = tls with { Material = material } }
            : throw new NatsServerException(error);
    }

    private void SetTls(ServerOptions options)
    {
        _context.Tls = options.Tls is { } tls ? new TlsListener(tls, peerCheck: CreatePeerCheck(options, tls)) : null;

        // Connections to the monitoring port go on with what there was when TLS is taken away, since the port cannot be.
        if (options.HttpsPort != 0 && options.Tls is { } monitoring) Volatile.Write(ref _monitoringTls, new TlsListener(monitoring, requestsCertificates: false));
    }

    private OcspPeerCheck? CreatePeerCheck(ServerOptions options, TlsOptions tls)
    {
        if (tls.OcspPeer is not { Verify: true } peer) return null;
        _ocspResponder ??= new OcspResponder();
        if (options.OcspCache == OcspCacheKind.Memory) _ocspCache ??= new OcspCache();
        return new OcspPeerCheck(peer, _ocspResponder, _ocspCache, _log, _services.TimeProvider) { Refused = refusal => _systemEvents.OnPeerRefused(refusal) };
    }

    private void LogTls(ServerOptions options)
    {
        if (options.Tls is not { } tls) return;
        if (options.AllowNonTls && !tls.IsHandshakeFirstOnly) Log.TlsAvailable(_log);
        else Log.TlsRequired(_log);
        if (tls.IsHandshakeFirstOnly) Log.TlsHandshakeFirst(_log);
        if (tls.OcspPeer is { Verify: true }) Log.OcspCacheOnline(_log, _ocspCache is null ? "none" : "memory");
    }

    /// <summary>Clock only.</summary>
    private void LogRefusedHandshakes(long nowMs)
    {
        if (_context.HandshakeRate is not { } rate || nowMs - _refusedReportedMs < RefusedReportMs) return;
        _refusedReportedMs = nowMs;
        if (rate.TakeRefused() is > 0 and var refused) Log.RefusedHandshakes(_log, refused);
    }

    /// <summary>The pinned keys changed: who has another one leaves.</summary>
    private void CloseUnpinnedClients()
    {
        ClientSession[] unpinned = [.. _context.Clients.Open.Where(session => !session.IsStillPinned(_context.Tls))];
        if (unpinned.Length == 0) return;
        Log.Reloaded(_log, $"Disconnect {unpinned.Length} clients due to pinned certs reload");
        foreach (ClientSession session in unpinned) session.Connection.Close(Connections.ClosedState.TlsHandshakeError, new Connections.CloseDetail("a reload took its certificate's key out of the pinned ones") { Rule = "tls.pinned_certs" });
    }
}
