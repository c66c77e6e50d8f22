using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.Fuzz.Targets;

/// <summary>What clients say to consumers: acknowledgements and pull requests. Both ways to read a request read the same.</summary>
internal sealed class ConsumerTarget : IFuzzTarget
{
    public string Name => "consumers";

    public long BaseAllocation => 64 * 1024;

    public int AllocationPerByte => 256;

    public string? Run(byte[] input, Random random)
    {
        if (AckReply.TryParse(input, out AckReply reply) && reply.StreamSequence > long.MaxValue && reply.StreamSequence != AckReply.NoNumber) return "a sequence that is none";
        AckPayload payload = AckPayload.Parse(input);
        if (payload.ReadDelay(out long delayNs) != NakDelay.Given && delayNs != 0 && payload.Argument.IsEmpty) return "a delay out of nothing";

        bool isRead = PullRequestReader.TryRead(input, out PullRequest request, out string? problem);
        if (isRead != problem is null) return "a request is read and is not";
        if (!PullRequestReader.TryReadPlain(input, out PullRequest plain)) return null;
        return PullRequestReader.ReadAny(input, out PullRequest any) is null && any == plain && (!isRead || request == plain) ? null : "a plain request is read in two ways";
    }
}
