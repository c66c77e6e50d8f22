namespace NATS.Server.Core.Protocol;

/// <summary>The versions this server reports.</summary>
public static class ServerVersion
{
    /// <summary>The nats-server release this server is a drop-in for. Clients and test suites gate features on it (INFO <c>version</c>, <c>-v</c>).</summary>
    public const string Compatible = "2.15.1";

    /// <summary>Client protocol level announced in INFO: 1 means asynchronous INFO is understood.</summary>
    public const int Protocol = 1;

    /// <summary>Level of the JetStream API announced in INFO, whether or not JetStream is enabled.</summary>
    public const int JetStreamApi = 5;
}
