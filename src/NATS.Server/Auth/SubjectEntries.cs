using System.Text;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Auth;

/// <summary>One list of a permission: subjects, and subjects that hold for some queue groups only. Immutable, thread-safe.</summary>
internal sealed partial class SubjectEntries
{
    private static readonly object Present = new();

    private readonly Sublist<object> _plain = new();
    private readonly byte[][] _plainSubjects;
    private readonly QueueEntry[] _queued;

    private SubjectEntries(IReadOnlyList<string> entries, bool takesQueues)
    {
        var plain = new List<byte[]>();
        var queued = new List<QueueEntry>();
        foreach (string entry in entries.Distinct(StringComparer.Ordinal))
        {
            if (!SubjectEntry.TryParse(entry, out SubjectEntry parsed) || (parsed.Queue is not null && !takesQueues))
                throw new ArgumentException($"subject \"{entry}\" is not a valid subject", nameof(entries));
            byte[] subject = Encoding.UTF8.GetBytes(parsed.Subject);
            if (parsed.Queue is not null)
            {
                queued.Add(new QueueEntry(subject, Encoding.UTF8.GetBytes(parsed.Queue)));
            }
            else if (!plain.Exists(other => other.AsSpan().SequenceEqual(subject)))
            {
                plain.Add(subject);
                _plain.Insert(subject, null, Present);
            }
        }

        _plainSubjects = [.. plain];
        _queued = [.. queued];
    }

    /// <summary>Null, everything is allowed, for no list; an empty list allows nothing.</summary>
    public static SubjectEntries? FromAllow(IReadOnlyList<string>? entries, bool takesQueues) =>
        entries is null ? null : new SubjectEntries(entries, takesQueues);

    /// <summary>Null, nothing is denied, for no list and for an empty one.</summary>
    public static SubjectEntries? FromDeny(IReadOnlyList<string>? entries, bool takesQueues) =>
        entries is null or { Count: 0 } ? null : new SubjectEntries(entries, takesQueues);

    /// <summary>Whether an entry without a queue group matches.</summary>
    public bool MatchesPlain(ReadOnlySpan<byte> subject) => _plain.HasInterest(subject);

    /// <summary>Asks the entries with a queue group.</summary>
    /// <param name="subject">Matched as by <see cref="MatchesPlain"/>.</param>
    /// <param name="queue">The name of a queue group, or a pattern that has to lie within an entry's.</param>
    /// <param name="matches">Whether one of the entries that match the subject is for this queue group.</param>
    /// <returns>False when no entry with a queue group matches the subject.</returns>
    public bool TryMatchQueue(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue, out bool matches)
    {
        matches = false;
        bool found = false;

        // Permissions seldom name queue groups, and then a few: they are looked at one by one.
        foreach (QueueEntry entry in _queued)
        {
            if (!entry.MatchesSubject(subject)) continue;
            found = true;
            matches |= entry.MatchesQueue(queue);
        }

        return found;
    }

    /// <summary>Whether an entry, with or without queue group, shares a literal subject with a subscription's subject.</summary>
    public bool Overlaps(ReadOnlySpan<byte> subject)
    {
        foreach (byte[] entry in _plainSubjects)
        {
            if (Subject.Collide(entry, subject)) return true;
        }

        foreach (QueueEntry entry in _queued)
        {
            if (Subject.Collide(entry.Filter, subject)) return true;
        }

        return false;
    }

    private readonly partial record struct QueueEntry(byte[] Filter, byte[] Group)
    {
        public bool MatchesSubject(ReadOnlySpan<byte> subject) => Subject.MatchesLiteral(subject, Filter) && HasNoEmptyToken(subject);

        public bool MatchesQueue(ReadOnlySpan<byte> queue) => queue.SequenceEqual(Group) || (Subject.HasWildcard(Group) && Subject.IsSubset(queue, Group));

        private static bool HasNoEmptyToken(ReadOnlySpan<byte> subject) =>
            !subject.IsEmpty && subject[0] != Subject.Separator && subject[^1] != Subject.Separator && subject.IndexOf(".."u8) < 0;
    }
}
