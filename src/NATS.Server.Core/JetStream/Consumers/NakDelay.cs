namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>What a <c>-NAK</c> says of the time until the next delivery.</summary>
public enum NakDelay : byte
{
    /// <summary>Nothing: deliver again at once.</summary>
    None,

    /// <summary>A time; also none at all, and less than none, which both are over.</summary>
    Given,

    /// <summary>Something that is no time: warn, and deliver again at once.</summary>
    Invalid,
}
