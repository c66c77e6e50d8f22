namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Not synchronised. What the queue of pull requests asks and tells its owner while it decides. It may not be called back.</summary>
public interface IPullHost
{
    /// <summary>Whether somebody listens to the reply of a request; true also while that cannot be known yet.</summary>
    bool HasInterest(WaitingPull pull);

    /// <summary>A request is over.</summary>
    void End(WaitingPull pull, in PullStatus status);

    /// <summary>A client is to be told that nothing has come.</summary>
    void Heartbeat(WaitingPull pull);

    /// <summary>A client has got the pin of a group.</summary>
    /// <returns>The pin: unique and not to be guessed.</returns>
    string Pin(WaitingPull pull, string group);

    /// <summary>The pin of a group is free.</summary>
    /// <param name="group">The group.</param>
    /// <param name="reason">As the advisory says it.</param>
    void Unpin(string group, string reason);
}
