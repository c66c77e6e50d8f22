using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Connections.Tls;
using NATS.Server.Connections.Tls.Ocsp;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>Tells the system account of clients whose certificates were revoked, or could not be shown to be good. Thread-safe.</summary>
internal sealed class OcspEvents(ServerContext server, EventPublisher publisher, ServerStamp stamp)
{
    public void OnRefused(OcspRefusal refusal)
    {
        if (server.Accounts.System is not { } system) return;
        if (refusal.Link is { } link) TellOfLink(system, refusal, link);
        else TellOfPeer(system, refusal);
    }

    private void TellOfLink(Account system, OcspRefusal refusal, X509Certificate2 link)
    {
        string subject = $"$SYS.SERVER.{server.Info.ServerId}.OCSP.PEER.LINK.INVALID";
        if (!publisher.IsWanted(system, subject)) return;
        EventHead head = EventHead.New(EventHead.OcspLinkInvalid, server.Clock.UtcNow);
        var invalid = Certificate.Of(link);
        var peer = Certificate.Of(refusal.Peer);
        publisher.Enqueue(system, subject, json =>
        {
            json.WriteStartObject();
            head.Write(json);
            invalid.Write(json, "link"u8);
            peer.Write(json, "peer"u8);
            stamp.Write(json);
            json.WriteString("reason"u8, refusal.Reason);
            json.WriteEndObject();
        });
    }

    private void TellOfPeer(Account system, OcspRefusal refusal)
    {
        string subject = $"$SYS.SERVER.{server.Info.ServerId}.OCSP.PEER.CONN.REJECT";
        if (!publisher.IsWanted(system, subject)) return;
        EventHead head = EventHead.New(EventHead.OcspPeerReject, server.Clock.UtcNow);
        var peer = Certificate.Of(refusal.Peer);
        publisher.Enqueue(system, subject, json =>
        {
            json.WriteStartObject();
            head.Write(json);
            json.WriteString("kind"u8, "Client"u8);
            peer.Write(json, "peer"u8);
            stamp.Write(json);
            json.WriteString("reason"u8, refusal.Reason);
            json.WriteEndObject();
        });
    }

    /// <summary>What is told of a certificate, which itself does not outlive the handshake. Immutable.</summary>
    private sealed record Certificate(string Subject, string Issuer, byte[] Raw)
    {
        public static Certificate Of(X509Certificate2 certificate) =>
            new(DistinguishedName.Format(certificate.SubjectName), DistinguishedName.Format(certificate.IssuerName), certificate.RawData);

        public void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name)
        {
            json.WriteStartObject(name);
            json.WriteUnlessEmpty("subject"u8, Subject);
            json.WriteUnlessEmpty("issuer"u8, Issuer);
            json.WriteString("fingerprint"u8, Convert.ToBase64String(SHA256.HashData(Raw)));
            json.WriteString("raw"u8, Convert.ToBase64String(Raw));
            json.WriteEndObject();
        }
    }
}
