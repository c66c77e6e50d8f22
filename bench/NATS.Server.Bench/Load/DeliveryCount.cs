namespace NATS.Server.Bench.Load;

/// <summary>How many deliveries all subscribers of a run have taken. Loop thread only.</summary>
internal sealed class DeliveryCount
{
    public long Received { get; set; }
}
