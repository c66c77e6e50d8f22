namespace NATS.Server.Bench.Load;

/// <summary>
/// The four frames of a pair of requester and responder. Each request has its own reply subject, as real clients do,
/// whose last token is the sequence as 8 hexadecimal digits.
/// </summary>
internal sealed class RequestFrames
{
    public const string ServiceSid = "1";
    public const string InboxSid = "2";

    /// <param name="payloadLength">Of requests and replies.</param>
    /// <param name="pair">Which pair: each has its own subjects.</param>
    public RequestFrames(int payloadLength, int pair)
    {
        var inbox = $"_INBOX.Fi0qTWqMvKxjzJtuvE{pair:0000}.";
        var example = inbox + "00000000";
        Subject = $"bench.service.{pair:0000}";
        InboxWildcard = inbox + "*";
        Request = Frame.Publish($"{Subject} {example}", payloadLength, publisher: 0);
        RequestToken = $"PUB {Subject} {inbox}".Length;
        DeliveredRequest = Frame.Delivery($"{Subject} {ServiceSid} {example}", payloadLength);
        DeliveredRequestToken = $"MSG {Subject} {ServiceSid} {inbox}".Length;
        Reply = Frame.Publish(example, payloadLength, publisher: 1);
        ReplyToken = $"PUB {inbox}".Length;
        DeliveredReply = Frame.Delivery($"{example} {InboxSid}", payloadLength);
        DeliveredReplyToken = $"MSG {inbox}".Length;
    }

    public string Subject { get; }

    public string InboxWildcard { get; }

    public Frame Request { get; }

    /// <summary>Where the token stands in the frame; likewise below.</summary>
    public int RequestToken { get; }

    public Frame DeliveredRequest { get; }

    public int DeliveredRequestToken { get; }

    public Frame Reply { get; }

    public int ReplyToken { get; }

    public Frame DeliveredReply { get; }

    public int DeliveredReplyToken { get; }
}
