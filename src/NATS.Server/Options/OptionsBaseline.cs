namespace NATS.Server.Options;

/// <summary>Fills in what was left out or configured as 0. Pure.</summary>
internal static class OptionsBaseline
{
    private static readonly ServerOptions Defaults = new();

    /// <summary>The options with defaults for empty and zero values.</summary>
    public static ServerOptions Apply(ServerOptions options)
    {
        var host = options.Host.Length == 0 ? Defaults.Host : options.Host;
        var tls = options.Tls is { } block ? block with { Timeout = Or(block.Timeout, TlsOptions.DefaultTimeout) } : null;
        var jetStream = options.JetStreamSettings;
        var queueLimit = jetStream.RequestQueueLimit > 0 ? jetStream.RequestQueueLimit : Defaults.JetStreamSettings.RequestQueueLimit;
        return options with
        {
            JetStreamSettings = jetStream with { RequestQueueLimit = queueLimit, InfoQueueLimit = jetStream.InfoQueueLimit > 0 ? jetStream.InfoQueueLimit : queueLimit },
            Tls = tls,
            Host = host,
            HttpHost = options.HttpHost.Length == 0 ? host : options.HttpHost,
            Port = Or(options.Port, Defaults.Port),
            MaxConnections = Or(options.MaxConnections, Defaults.MaxConnections),
            PingInterval = Or(options.PingInterval, Defaults.PingInterval),
            MaxPingsOut = Or(options.MaxPingsOut, Defaults.MaxPingsOut),
            MaxControlLine = Or(options.MaxControlLine, Defaults.MaxControlLine),
            MaxPayload = Or(options.MaxPayload, Defaults.MaxPayload),
            MaxPending = Or(options.MaxPending, Defaults.MaxPending),
            WriteDeadline = Or(options.WriteDeadline, Defaults.WriteDeadline),
            MaxClosedClients = Or(options.MaxClosedClients, Defaults.MaxClosedClients),
            LameDuckDuration = Or(options.LameDuckDuration, Defaults.LameDuckDuration),
            LameDuckGracePeriod = Or(options.LameDuckGracePeriod, Defaults.LameDuckGracePeriod),
            ConnectErrorReports = Or(options.ConnectErrorReports, Defaults.ConnectErrorReports),
            ReconnectErrorReports = Or(options.ReconnectErrorReports, Defaults.ReconnectErrorReports),
            Authorization = options.Authorization with { Timeout = Or(options.Authorization.Timeout, AuthorizationTimeout(tls)) },
        };
    }

    // The handshake counts, so that who was slow there still has time to introduce itself.
    private static TimeSpan AuthorizationTimeout(TlsOptions? tls) => tls is null ? TimeSpan.FromSeconds(2) : tls.Timeout + TimeSpan.FromSeconds(1);

    private static T Or<T>(T value, T fallback) where T : struct, IEquatable<T> => value.Equals(default) ? fallback : value;
}
