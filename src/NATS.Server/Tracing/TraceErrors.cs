namespace NATS.Server.Tracing;

/// <summary>What a trace says of a message that a subscriber did not get, in the reference's words.</summary>
internal static class TraceErrors
{
    public const string NoEcho = "Not delivered because of no echo";
    public const string SubscriptionDenies = "Not delivered because subscription denies this subject";
    public const string SubscriptionClosed = "Not delivered because subscription is closed";
    public const string ClientClosed = "Not delivered because client is closed";
    public const string AutoUnsubscribed = "Not delivered because auto-unsubscribe exceeded";
    public const string NotStalled = "Not delivered because fast producer not stalled and consumer is slow";
    public const string MaximumPayload = "maximum payload exceeded";
}
