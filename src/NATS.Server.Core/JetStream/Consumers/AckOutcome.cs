namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>What became of an acknowledgement.</summary>
public enum AckOutcome
{
    /// <summary>It is for a message that was never delivered, or there are no acknowledgements. It is not answered.</summary>
    Ignored,

    /// <summary>Nothing was left to acknowledge. It is answered.</summary>
    Nothing,

    /// <summary>The message, and with some policies those before it, are done. It is answered when that is stored.</summary>
    Done,
}
