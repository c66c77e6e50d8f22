namespace NATS.Server.Bench.Load;

/// <summary>A peer that answers requests.</summary>
internal interface IResponder
{
    /// <summary>Requests that arrived.</summary>
    long Received { get; }
}
