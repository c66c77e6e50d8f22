namespace NATS.Server.Auth;

/// <summary>An authorization service that has the last word on clients. Thread-safe.</summary>
internal interface ICallout
{
    /// <summary>Whether the service is asked after the server has come to this verdict.</summary>
    bool Decides(AuthResult verdict);

    /// <summary>Asks the service; completes at the latest when its time is over. Never throws.</summary>
    /// <param name="verdict">The server's own.</param>
    /// <param name="facts">What else is known of the connection.</param>
    ValueTask<AuthResult> AskAsync(AuthResult verdict, ConnectionFacts facts);

    /// <summary>Whether what the service decided before still holds under this configuration.</summary>
    bool Upholds(AuthResult earlier);

    /// <summary>Whether a user of this account might make up requests to the service.</summary>
    bool IsAccountOfService(string accountName);
}
