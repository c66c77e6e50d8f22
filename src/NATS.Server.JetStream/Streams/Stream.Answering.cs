using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>Those who ask the stream itself for messages.</content>
internal sealed partial class Stream
{
    private readonly DirectGet _direct;

    /// <summary>Returns when nobody is in the middle of publishing several messages as one: what is read afterwards is not less than what such a batch left.</summary>
    public void Settle()
    {
        lock (_lock)
        {
            // Only to have been in it.
        }
    }

    /// <summary>Reads while nobody publishes. Must be short.</summary>
    public TResult Isolated<TResult>(Func<MessageStore, TResult> read)
    {
        lock (_lock) return read(Store);
    }

    private void AnswerDirectly(StreamConfig config) => _direct.Answer(config.AllowDirect);
}
