using System.Buffers;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Backup;

namespace NATS.Server.JetStream.Consumers;

/// <content>What a backup has of it.</content>
internal sealed partial class Consumer
{
    /// <summary>The consumer as a backup has it. Any thread.</summary>
    public BackupConsumer BackUp()
    {
        var state = new ConsumerSnapshot();
        lock (_stateLock) _state.CopyTo(state);
        var text = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance })) ConsumerConfigJson.Write(json, Config);
        return new BackupConsumer(Name, text.WrittenMemory, state);
    }
}
