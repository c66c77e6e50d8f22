using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>Publishes every message to another subject of <see cref="WildSubjects"/>. Loop thread only.</summary>
internal sealed unsafe class WildPublisher(EventLoop loop, IPEndPoint server, Frame frame, int maximumBatch) : Publisher(loop, server, frame, maximumBatch)
{
    private const int SubjectOffset = 4; // behind "PUB "

    protected override void Stamp(byte* frames, int count, long firstSequence)
    {
        base.Stamp(frames, count, firstSequence);
        var subject = frames + SubjectOffset;
        for (var i = 0; i < count; i++)
        {
            var (a, b, c) = WildSubjects.Tokens(firstSequence + i);
            Digits.WriteThree(subject + 2, a);
            Digits.WriteThree(subject + 6, b);
            Digits.WriteThree(subject + 10, c);
            subject += FrameLength;
        }
    }
}
