using NATS.Server.Auth;
using NATS.Server.Connections;

namespace NATS.Server.Sessions;

/// <summary>How the client stands, for those who ask. Any thread; a look at what changes meanwhile.</summary>
internal sealed partial class ClientSession
{
    /// <summary>Bytes that may wait for the client.</summary>
    public long MaxPending => _maxPending;

    /// <summary>Of the line of an operation, in bytes.</summary>
    public int MaxControlLine => _parser.MaxControlLine;

    /// <summary>PINGs that the client has not answered.</summary>
    public int UnansweredPings => Volatile.Read(ref _pingsOut);

    /// <summary>Since anything came from the client; null when nothing has.</summary>
    public TimeSpan? SilentFor => Volatile.Read(ref _lastInMs) is > 0 and var last ? TimeSpan.FromMilliseconds(Math.Max(0, _server.Clock.NowMs - last)) : null;

    /// <summary>How long the client has not taken what is sent to it; null while it does.</summary>
    public TimeSpan? BlockedFor => _outbound.BlockedSinceMs is > 0 and var since ? TimeSpan.FromMilliseconds(Math.Max(0, _connection.NowMs - since)) : null;

    /// <summary>It is in the middle of a TLS handshake, or has to begin one.</summary>
    public bool IsInHandshake => CurrentPhase is not (Phase.Protocol or Phase.Sniff);

    /// <summary>What it said of itself is being checked.</summary>
    public bool IsAuthenticating => _authenticating;

    /// <summary>It has to say who it is.</summary>
    public bool MustConnect => !ConnectReceived && _server.Authenticator.IsRequired;

    /// <summary>What the user itself is allowed.</summary>
    public UserLimits UserLimits => _authenticated?.Limits ?? UserLimits.None;
}
