using System.Text;

namespace NATS.Server.Core.Subjects;

/// <summary>The watches of a sublist by subject and queue group, and those whose watcher has to be told something. Guarded by the owner's lock.</summary>
internal sealed class InterestWatches
{
    private readonly Dictionary<(string Subject, string? Queue), List<InterestWatch>> _watches = [];
    private readonly List<InterestWatch> _changed = [];

    public bool HasChanges => _changed.Count > 0;

    public bool IsEmpty => _watches.Count == 0;

    public void Add(InterestWatch watch)
    {
        (string, string?) key = Key(watch.Subject, watch.Queue);
        if (!_watches.TryGetValue(key, out List<InterestWatch>? watches)) _watches.Add(key, watches = []);
        watches.Add(watch);
    }

    public bool Remove(InterestWatch watch)
    {
        (string, string?) key = Key(watch.Subject, watch.Queue);
        if (!_watches.TryGetValue(key, out List<InterestWatch>? watches) || !watches.Remove(watch)) return false;
        if (watches.Count == 0) _watches.Remove(key);
        watch.IsRemoved = true;
        return true;
    }

    public void Note(byte[] subject, byte[]? queue, bool hasInterest)
    {
        if (!_watches.TryGetValue(Key(subject, queue), out List<InterestWatch>? watches)) return;
        foreach (InterestWatch watch in watches)
        {
            watch.HasInterest = hasInterest;
            if (watch.IsQueued) continue;
            watch.IsQueued = true;
            _changed.Add(watch);
        }
    }

    /// <summary>Interest that went and came back since the last time is no change: a watcher follows the state, and the list stays as short as the watches.</summary>
    public void Take(List<InterestChange> changes)
    {
        foreach (InterestWatch watch in _changed)
        {
            watch.IsQueued = false;
            if (watch.IsRemoved || watch.HasInterest == watch.Told) continue;
            watch.Told = watch.HasInterest;
            changes.Add(new InterestChange(watch, watch.HasInterest));
        }

        _changed.Clear();
    }

    private static (string Subject, string? Queue) Key(byte[] subject, byte[]? queue) =>
        (Encoding.Latin1.GetString(subject), queue is null ? null : Encoding.Latin1.GetString(queue));
}
