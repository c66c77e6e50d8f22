using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Engine;

/// <summary>Any thread. Brings to consumers what clients publish for them: one subscription of the account for all its consumers.</summary>
/// <param name="consumers">Of the account.</param>
internal sealed class AcknowledgementTarget(ConsumerDirectory consumers) : IMessageTarget
{
    private const int FirstFormatTokens = 9;
    private const int SecondFormatTokens = 11;

    /// <summary>What it is subscribed to.</summary>
    public static ReadOnlySpan<byte> Subject => "$JS.ACK.>"u8;

    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        ReadOnlySpan<byte> subject = message.Subject;
        int tokens = subject.Count((byte)'.') + 1;
        ReadOnlySpan<byte> rest = subject["$JS.ACK.".Length..];
        if (tokens >= SecondFormatTokens) rest = SubjectTokens.Skip(SubjectTokens.Skip(rest));
        else if (tokens != FirstFormatTokens) return false;
        return consumers.TryFind(SubjectTokens.FirstTwo(rest), out Consumer? consumer) && consumer.ReceiveAcknowledgement(batch, message, sender);
    }
}

/// <summary>Any thread. As above, for answers to flow control.</summary>
/// <param name="consumers">Of the account.</param>
internal sealed class FlowControlTarget(ConsumerDirectory consumers) : IMessageTarget
{
    private const int SecondFormatDots = 4;

    /// <summary>What it is subscribed to.</summary>
    public static ReadOnlySpan<byte> Subject => "$JS.FC.>"u8;

    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        ReadOnlySpan<byte> rest = message.Subject["$JS.FC.".Length..];
        if (rest.Count((byte)'.') >= SecondFormatDots) rest = SubjectTokens.Skip(SubjectTokens.Skip(rest));
        return consumers.TryFind(SubjectTokens.FirstTwo(rest), out Consumer? consumer) && consumer.ReceiveFlowControl(batch, message);
    }
}

/// <summary>Any thread. As above, for requests for the next messages.</summary>
/// <param name="consumers">Of the account.</param>
internal sealed class PullTarget(ConsumerDirectory consumers) : IMessageTarget
{
    /// <summary>What it is subscribed to.</summary>
    public static ReadOnlySpan<byte> Subject => "$JS.API.CONSUMER.MSG.NEXT.*.*"u8;

    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        ReadOnlySpan<byte> key = message.Subject["$JS.API.CONSUMER.MSG.NEXT.".Length..];
        return consumers.TryFind(key, out Consumer? consumer) && consumer.ReceivePull(batch, message, sender);
    }
}
