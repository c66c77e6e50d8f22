namespace NATS.Server.JetStream.Ports;

/// <summary>Any thread. How JetStream publishes and subscribes in one account.</summary>
internal interface IAccountPort
{
    /// <summary>The account's name.</summary>
    string Name { get; }

    /// <summary>Subscribes.</summary>
    /// <param name="subject">Valid; may have wildcards.</param>
    /// <param name="target">Gets the messages.</param>
    /// <param name="queue">Only one of those that subscribe with the same name gets a message; empty: it gets all.</param>
    /// <returns>For <see cref="Unsubscribe"/>.</returns>
    object Subscribe(ReadOnlySpan<byte> subject, IMessageTarget target, ReadOnlySpan<byte> queue = default);

    /// <summary>Subscribes to requests: what the account gets by importing another account's stream is none.</summary>
    /// <param name="subject">Valid; may have wildcards.</param>
    /// <param name="target">Gets them.</param>
    /// <returns>For <see cref="Unsubscribe"/>.</returns>
    object SubscribeRequests(ReadOnlySpan<byte> subject, IMessageTarget target);

    void Unsubscribe(object subscription);

    /// <summary>Publishes to everybody who subscribed: meant for subjects that are used once, such as replies.</summary>
    /// <returns>How many received it.</returns>
    int Publish(MessageBatch batch, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload);

    /// <summary>Gives a stored message to those who subscribed to another subject than its own.</summary>
    /// <param name="batch">In which it is sent.</param>
    /// <param name="target">Decides who gets it.</param>
    /// <param name="subject">Which they see.</param>
    /// <param name="reply">For the acknowledgement; may be empty.</param>
    /// <param name="headers">The header block, or empty.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>How many received it.</returns>
    int Deliver(MessageBatch batch, ReadOnlySpan<byte> target, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload);

    /// <summary>Changes with every change of what is subscribed to: an answer of <see cref="HasInterest"/> holds as long as it stays.</summary>
    int InterestGeneration { get; }

    /// <summary>Whether somebody subscribed to a literal subject.</summary>
    /// <param name="subject">Literal.</param>
    /// <param name="queue">Only members of this queue group count; empty: everybody does.</param>
    bool HasInterest(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue = default);

    /// <summary>Whether somebody subscribed to exactly this subject, not by a wildcard.</summary>
    /// <param name="subject">Literal.</param>
    /// <param name="queue">The queue group; empty: who is in none.</param>
    bool HasListener(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue);

    /// <summary>Calls back, by the thread that does it, when somebody subscribes to exactly this subject or ends a subscription to it.</summary>
    /// <returns>Ends it when disposed.</returns>
    IDisposable WatchInterest(byte[] subject, Action changed);
}
