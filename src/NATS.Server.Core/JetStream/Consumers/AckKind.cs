namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>What a client says about a message that it was delivered.</summary>
public enum AckKind : byte
{
    /// <summary>Nothing that is known. The message stays pending; who asked for a reply gets one all the same.</summary>
    Unknown,

    /// <summary>It is done: an empty payload, <c>+ACK</c>, or <c>+OK</c> as old clients say.</summary>
    Ack,

    /// <summary><c>-NAK</c>: deliver it again, at once or after a delay.</summary>
    Nak,

    /// <summary><c>+WPI</c>: it is being worked on, begin the wait anew.</summary>
    Progress,

    /// <summary><c>+NXT</c>: it is done, and here is a pull request.</summary>
    Next,

    /// <summary><c>+TERM</c>: never deliver it again.</summary>
    Term,
}
