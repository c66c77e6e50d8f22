namespace NATS.Server.JetStream.Ports;

/// <summary>Who has something to do when a batch ends.</summary>
internal interface IBatchEnd
{
    /// <summary>The batch ends. May publish in it. Called by the thread that owns the batch; quick, and without exceptions.</summary>
    void OnBatchEnd(MessageBatch batch);
}
