using System.Buffers;

namespace NATS.Server.Core.Subjects;

/// <summary>What two subjects with wildcards have in common. Pure, thread-safe.</summary>
public static class SubjectIntersection
{
    /// <summary>
    /// The subject that matches exactly those literal subjects that both match: of <c>foo.*.&gt;</c> and <c>*.bar.*</c> it is <c>foo.bar.*</c>. Null
    /// when there are none.
    /// </summary>
    /// <param name="first">Well-formed.</param>
    /// <param name="second">Well-formed.</param>
    public static byte[]? Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var common = new ArrayBufferWriter<byte>(first.Length + second.Length + 1);
        while (true)
        {
            // What is left of one is the answer to "any rest" of the other.
            if (first.SequenceEqual(">"u8)) return Finish(common, second);
            if (second.SequenceEqual(">"u8)) return Finish(common, first);
            ReadOnlySpan<byte> ours = TakeToken(ref first, out bool isOurLast);
            ReadOnlySpan<byte> theirs = TakeToken(ref second, out bool isTheirLast);
            if (Subject.IsPartialWildcard(ours)) common.Write(theirs);
            else if (Subject.IsPartialWildcard(theirs) || ours.SequenceEqual(theirs)) common.Write(ours);
            else return null;
            if (isOurLast || isTheirLast) return isOurLast && isTheirLast ? common.WrittenSpan.ToArray() : null;
            common.Write("."u8);
        }
    }

    private static byte[] Finish(ArrayBufferWriter<byte> common, ReadOnlySpan<byte> rest)
    {
        common.Write(rest);
        return common.WrittenSpan.ToArray();
    }

    private static ReadOnlySpan<byte> TakeToken(ref ReadOnlySpan<byte> subject, out bool isLast)
    {
        int end = subject.IndexOf(Subject.Separator);
        isLast = end < 0;
        ReadOnlySpan<byte> token = isLast ? subject : subject[..end];
        subject = isLast ? default : subject[(end + 1)..];
        return token;
    }
}
