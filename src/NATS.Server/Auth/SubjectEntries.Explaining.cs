using System.Text;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Auth;

/// <content>The same questions, answered with the entry that decides. They look at one entry after the other and allocate: not for messages.</content>
internal sealed partial class SubjectEntries
{
    /// <summary>The first entry without a queue group that matches; null when none does.</summary>
    public string? FindPlain(ReadOnlySpan<byte> subject)
    {
        foreach (byte[] entry in _plainSubjects)
        {
            if (new QueueEntry(entry, []).MatchesSubject(subject)) return Encoding.UTF8.GetString(entry);
        }

        return null;
    }

    /// <summary>The first entry for this queue group that matches, or else the first for another one.</summary>
    /// <param name="subject">Matched as by <see cref="FindPlain"/>.</param>
    /// <param name="queue">The queue group.</param>
    /// <param name="isForQueue">Whether the entry is for this queue group.</param>
    /// <returns>Null when no entry with a queue group matches the subject.</returns>
    public string? FindQueue(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue, out bool isForQueue)
    {
        string? other = null;
        foreach (QueueEntry entry in _queued)
        {
            if (!entry.MatchesSubject(subject)) continue;
            isForQueue = entry.MatchesQueue(queue);
            if (isForQueue) return entry.ToText();
            other ??= entry.ToText();
        }

        isForQueue = false;
        return other;
    }

    /// <summary>The entries for which <see cref="Overlaps"/> is true.</summary>
    public IReadOnlyList<string> FindOverlaps(ReadOnlySpan<byte> subject)
    {
        List<string> found = [];
        foreach (byte[] entry in _plainSubjects)
        {
            if (Subject.Collide(entry, subject)) found.Add(Encoding.UTF8.GetString(entry));
        }

        foreach (QueueEntry entry in _queued)
        {
            if (Subject.Collide(entry.Filter, subject)) found.Add(entry.ToText());
        }

        return found;
    }

    private readonly partial record struct QueueEntry
    {
        public string ToText() => $"{Encoding.UTF8.GetString(Filter)} {Encoding.UTF8.GetString(Group)}";
    }
}
