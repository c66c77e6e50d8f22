using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.JetStream.Consumers;

/// <content>What it tells whoever watches it.</content>
internal sealed partial class Consumer
{
    private byte[]? _nakSubject;
    private byte[]? _metricSubject;

    // Of so many acknowledgements in a hundred the time that they took is published.
    private int _sampling;

    /// <summary>Publishes that it was created or deleted. By its owner.</summary>
    private void Announce(AssetAction action) => Publish(new ConsumerActionEvent(_stream.Name, Name, action));

    /// <summary>Publishes that it was created, as soon as it is free. Any thread.</summary>
    public void AnnounceCreation() => TryDo(batch =>
    {
        _batch = batch;
        Announce(AssetAction.Create);
    });

    // The percentage that a configuration says, with or without its sign.
    private static int SamplingOf(ConsumerConfig config) =>
        int.TryParse(config.SampleFrequency.AsSpan().TrimEnd('%'), System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out int percent)
            ? percent
            : 0;

    private void Measure(in AckReply ack)
    {
        if (Config.AckPolicy != AckPolicy.Explicit || (_sampling < 100 && _services.Random.Next(100) > _sampling)) return;
        if (!_state.IsPending(ack.StreamSequence, out long timeNs)) return;
        Publish(ref _metricSubject, new AckMetricEvent(FactOf(ack), Batch.NowNs - timeNs));
    }

    // For events that may be as many as messages: their subject is kept.
    private void Publish<T>(ref byte[]? subject, T happened)
        where T : IJetStreamEvent
    {
        subject ??= Encoding.UTF8.GetBytes(happened.Subject);
        Publish(subject, happened);
    }

    private void Publish<T>(T happened)
        where T : IJetStreamEvent => Publish(Encoding.UTF8.GetBytes(happened.Subject), happened);

    private void Publish<T>(byte[] subject, T happened)
        where T : IJetStreamEvent
    {
        if (!_stream.Port.HasInterest(subject)) return;
        var text = new ArrayBufferWriter<byte>(512);
        JetStreamEvents.Write(text, new EventHead(UniqueName.Next(_services.Random), Batch.NowNs, _stream.Domain), happened);
        _stream.Port.Publish(Batch, subject, default, default, text.WrittenSpan);
    }
}
