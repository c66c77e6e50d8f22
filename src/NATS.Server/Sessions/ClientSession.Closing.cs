using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>What operators are told of why a client was closed. Names and numbers: neither credentials nor payloads.</summary>
internal sealed partial class ClientSession
{
    private const int MaxDetail = 200;
    private const string CustomFailure = "Custom authentication failed";

    private static CloseDetail Detail(string text, string rule, long? value, long limit) => new(text) { Rule = rule, Value = value, Limit = limit };

    /// <summary>Why a client that lagged behind was closed.</summary>
    public static CloseDetail FallenBehind(long pending, long maxPending) => Detail("it did not read as fast as others published", "max_pending", pending, maxPending);

    private static CloseDetail BeforeConnect(long? value) => Detail("it sent more before CONNECT than is kept of a client that has not introduced itself", "", value, MaxBufferedBeforeConnect);

    // Nothing of what came is shown: out of step with the protocol it may be a part of a payload.
    private static CloseDetail UnknownOperation(ReadOnlySpan<byte> bytes) => new(bytes switch
    {
        [TlsHandshakeRecord, ..] => "it began a TLS handshake, and this listener has no TLS",
        [(byte)'G', (byte)'E', (byte)'T', (byte)' ', ..] or [(byte)'P', (byte)'O', (byte)'S', (byte)'T', (byte)' ', ..] or [(byte)'H', (byte)'E', (byte)'A', (byte)'D', (byte)' ', ..] => "it sent a request of HTTP",
        [0x10, ..] => "it sent a packet of MQTT",
        _ => "it sent something that is no operation of the protocol",
    });

    // An embedder's exception may say anything.
    private static CloseDetail? Refusal(AuthResult rejected, string why)
    {
        if (why.Length == 0) why = rejected.Reason.StartsWith(CustomFailure, StringComparison.Ordinal) ? CustomFailure : rejected.Reason;
        return why.Length == 0 ? null : new CloseDetail(Short(why)) { Account = rejected.RefusedBy };
    }

    private static CloseDetail Violation(string text) => new(Short(text));

    private static CloseDetail ClientError(ReadOnlySpan<byte> text) => new($"it sent -ERR {Short(QuotedText.Quote(text))}");

    private static string Short(string text) => text.Length <= MaxDetail ? text : text[..MaxDetail] + "...";

    private static long Nanoseconds(long milliseconds) => milliseconds * TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerMillisecond;

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    private CloseDetail NoHeaders() => _server.Options.NoHeaderSupport
        ? new CloseDetail("CONNECT said no_responders, and this server does not support headers") { Rule = "no_header_support" }
        : new CloseDetail("CONNECT said no_responders and not headers");

    private CloseDetail LateConnect() => Detail("it sent no complete CONNECT", "authorization.timeout", value: null, Nanoseconds(_server.Options.Authorization.Timeout));

    private CloseDetail SlowHandshake() => Detail("the TLS handshake was not done in time", "tls.timeout", value: null, Nanoseconds(_tlsListener?.Options.Timeout ?? TimeSpan.Zero));

    private CloseDetail Expired() => new(ExpiresAt is { } at ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"its credentials were good until {at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}") : "its credentials expired");

    private CloseDetail MissedDeadline(long attempted) => Detail($"{attempted} bytes were to be sent, and the client did not take them in time", "write_deadline", value: null, Nanoseconds(_server.Options.WriteDeadline));

    private CloseDetail Silence(long nowMs) => Detail(
        $"nothing had come from it for {Durations.Format(TimeSpan.FromMilliseconds(Math.Max(0, nowMs - Math.Max(Volatile.Read(ref _lastInMs), _startMs))))}", "ping_max", Volatile.Read(ref _pingsOut), _server.Options.MaxPingsOut);
}
