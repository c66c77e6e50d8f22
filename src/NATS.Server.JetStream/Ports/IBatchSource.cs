namespace NATS.Server.JetStream.Ports;

/// <summary>Any thread. Lends batches to threads that are not in the middle of one.</summary>
internal interface IBatchSource
{
    MessageBatch Rent();

    /// <summary>Ends the batch, sends what was published in it and takes it back.</summary>
    void Return(MessageBatch batch);
}
