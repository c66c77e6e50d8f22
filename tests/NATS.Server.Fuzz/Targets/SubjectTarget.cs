using NATS.Server.Core.Subjects;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Subjects: the index finds exactly the filters that match by the definition, and forgets what was removed.</summary>
internal sealed class SubjectTarget : IFuzzTarget
{
    public string Name => "subjects";

    public long BaseAllocation => 256 * 1024;

    public int AllocationPerByte => 512;

    public string? Run(byte[] input, Random random)
    {
        var index = new Sublist<byte[]>((ulong)random.NextInt64());
        var stored = new List<byte[]>();
        var literals = new List<byte[]>();
        foreach (Range line in input.AsSpan().Split((byte)'\n'))
        {
            byte[] subject = input.AsSpan()[line].ToArray();
            _ = Subject.TokenCount(subject);
            _ = Subject.IsValidText(subject);
            _ = Subject.IsValidPublish(subject);
            if (!Subject.IsValid(subject)) continue;
            if (Subject.IsLiteral(subject)) literals.Add(subject);
            index.Insert(subject, null, subject);
            stored.Add(subject);
        }

        var match = new SublistMatch<byte[]>();
        foreach (byte[] literal in literals)
        {
            index.Match(literal, match);
            int expected = stored.Count(filter => Matches(literal, filter));
            if (match.Plain.Length != expected) return $"{match.Plain.Length} matches instead of {expected}";
        }

        foreach (byte[] subject in stored)
        {
            if (!index.Remove(subject, null, subject)) return "a stored subject was not removed";
        }

        return index.Count == 0 ? null : $"{index.Count} left";
    }

    /// <summary>The definition: token by token.</summary>
    private static bool Matches(ReadOnlySpan<byte> literal, ReadOnlySpan<byte> filter)
    {
        while (true)
        {
            if (filter.SequenceEqual(">"u8)) return true;
            int tokenEnd = End(literal);
            int filterEnd = End(filter);
            ReadOnlySpan<byte> expected = filter[..filterEnd];
            if (!expected.SequenceEqual("*"u8) && !expected.SequenceEqual(literal[..tokenEnd])) return false;
            bool lastToken = tokenEnd == literal.Length;
            bool lastFilter = filterEnd == filter.Length;
            if (lastToken || lastFilter) return lastToken && lastFilter;
            literal = literal[(tokenEnd + 1)..];
            filter = filter[(filterEnd + 1)..];
        }
    }

    private static int End(ReadOnlySpan<byte> subject)
    {
        int dot = subject.IndexOf((byte)'.');
        return dot < 0 ? subject.Length : dot;
    }
}
