namespace NATS.Server.Core.JetStream.Api;

/// <summary>Who answers requests to an endpoint, and whose requests.</summary>
public enum ApiAudience
{
    /// <summary>The server, for each account that has JetStream; reads after the requests that change something.</summary>
    Reader,

    /// <summary>The server, for each account that has JetStream.</summary>
    Account,

    /// <summary>The stream or consumer itself: nobody answers when there is none.</summary>
    Asset,

    /// <summary>The server, for the system account only; requests of other accounts get no answer.</summary>
    System,
}
