namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Knows what configurations mean, and takes over what is opened. Called by many threads at the same time, for different streams and for consumers of one.</summary>
/// <remarks>Of what it is given it may use names, directories and configurations; all else is busy until <see cref="Opened"/>.</remarks>
public interface ICatalogReader
{
    /// <summary>Reads a stream's configuration (<see cref="StreamFolder.Configuration"/>).</summary>
    /// <param name="stream">Whose configuration was read and is not null.</param>
    /// <param name="problem">Why the stream cannot be served, for whoever asks for it; with it the result is null.</param>
    StreamSettings? ReadStream(StreamFolder stream, out string? problem);

    /// <summary>Looks at the configurations of a stream's consumers, before anything of the stream is opened or written.</summary>
    /// <param name="stream">Whose consumers are known, with their configurations as far as they could be read.</param>
    /// <param name="problem">Why the stream cannot be served with one of them, for whoever asks for it; with it the result is false.</param>
    bool Accepts(StreamFolder stream, out string? problem)
    {
        problem = null;
        return true;
    }

    /// <summary>Reads a consumer's configuration (<see cref="ConsumerFolder.Configuration"/>).</summary>
    /// <param name="consumer">Whose configuration was read and is not null.</param>
    /// <param name="problem">Why the consumer cannot be served; with it the result is null.</param>
    ConsumerSettings? ReadConsumer(ConsumerFolder consumer, out string? problem);

    /// <summary>A stream is open with its consumers, or has a <see cref="StreamFolder.Failure"/>. Called outside of all locks, once.</summary>
    void Opened(StreamFolder stream);
}
