namespace NATS.Server.Monitoring.Explaining;

/// <summary>What explaining reads of a server about who gets a message. Thread rule of <see cref="IMonitoredServer"/>.</summary>
internal interface IRouteSource
{
    /// <summary>Who subscribed in an account to what matches a literal subject, as a message would find it; nobody in an account that does not exist.</summary>
    /// <param name="account">Exact name.</param>
    /// <param name="subject">Literal, mappings applied.</param>
    /// <param name="limit">Subscriptions that are described; those of the server, of streams and of imports come before those of clients.</param>
    RouteTargets FindTargets(string account, byte[] subject, int limit);

    /// <summary>Whether anybody subscribed in an account to what matches a literal subject.</summary>
    bool HasInterest(string account, byte[] subject);
}
