using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>The words of a consumer's configuration. Pure.</summary>
internal static class ConsumerWords
{
    public static string Of(AckPolicy policy) => policy switch
    {
        AckPolicy.None => "none",
        AckPolicy.All => "all",
        AckPolicy.FlowControl => "flow_control",
        _ => "explicit",
    };

    public static string Of(DeliverPolicy policy) => policy switch
    {
        DeliverPolicy.Last => "last",
        DeliverPolicy.New => "new",
        DeliverPolicy.ByStartSequence => "by_start_sequence",
        DeliverPolicy.ByStartTime => "by_start_time",
        DeliverPolicy.LastPerSubject => "last_per_subject",
        _ => "all",
    };

    public static string Of(PriorityPolicy policy) => policy switch
    {
        PriorityPolicy.Overflow => "overflow",
        PriorityPolicy.PinnedClient => "pinned_client",
        PriorityPolicy.Prioritized => "prioritized",
        _ => "none",
    };
}
