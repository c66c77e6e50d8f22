namespace NATS.Server.JetStream.Engine;

/// <summary>Pure. Takes subjects apart.</summary>
internal static class SubjectTokens
{
    /// <summary>What follows the first token; empty when nothing does.</summary>
    public static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> subject)
    {
        int end = subject.IndexOf((byte)'.');
        return end < 0 ? default : subject[(end + 1)..];
    }

    /// <summary>The first two tokens with the dot between them.</summary>
    public static ReadOnlySpan<byte> FirstTwo(ReadOnlySpan<byte> subject)
    {
        int first = subject.IndexOf((byte)'.');
        if (first < 0) return subject;
        int second = subject[(first + 1)..].IndexOf((byte)'.');
        return second < 0 ? subject : subject[..(first + 1 + second)];
    }
}
