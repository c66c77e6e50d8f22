namespace NATS.Server.Testing.Disks;

/// <summary>Decides, from a seed, what is left of unsynced changes when the power goes.</summary>
/// <remarks>
/// What was synced stays as it is. Of unsynced writes any may be missing, whatever came after them; of one that is not missing, sectors may be missing, may be
/// zeros or may be garbage, but never bytes around it. A truncation that is missing takes what was written beyond it along: file systems order these. Changes
/// of names are missing from some point on in each directory; those of two directories in both or in none.
/// </remarks>
internal sealed class PowerCut
{
    private const int SectorSize = 512;
    private readonly Random _random;
    private readonly Style _style;
    private readonly long _lastKept;
    private readonly int _keepPercent;

    /// <param name="seed">0: all unsynced changes are missing. 1: none. Others: by chance.</param>
    /// <param name="operations">How many operations there were.</param>
    public PowerCut(int seed, long operations)
    {
        _random = new Random(seed);
        _style = seed switch
        {
            0 => Style.DropAll,
            1 => Style.KeepAll,
            _ => (Style)_random.Next((int)Style.Ordered, (int)Style.Garbled + 1),
        };
        _lastKept = operations - 1 - (long)(operations * Math.Pow(_random.NextDouble(), 3));
        _keepPercent = _random.Next(5, 96);
    }

    private enum Style
    {
        DropAll,
        KeepAll,

        /// <summary>All up to one operation, nothing after it.</summary>
        Ordered,

        /// <summary>Whole writes are there or not.</summary>
        Scattered,

        /// <summary>Sectors of writes are there or not.</summary>
        Torn,

        /// <summary>Sectors of writes are there, are zeros or are garbage.</summary>
        Garbled,
    }

    /// <summary>The synced content with what is left of the changes.</summary>
    public void Apply(List<UnsyncedChange> changes, Bytes content)
    {
        long reach = long.MaxValue;
        foreach (UnsyncedChange change in changes)
        {
            bool keep = Keeps(change.Number);
            if (change.Data is null)
            {
                if (!keep && change.Offset < content.Length) reach = Math.Min(reach, change.Offset);
                else if (keep && change.Offset <= reach) content.SetLength(change.Offset);
            }
            else if (keep && change.Offset < reach)
            {
                Write(change.Offset, change.Data.AsSpan(0, (int)Math.Min(change.Data.Length, reach - change.Offset)), content);
            }
        }
    }

    /// <summary>The changes of names that are left.</summary>
    public List<NameChange> Choose(IReadOnlyList<NameChange> changes)
    {
        List<NameChange> kept = [];
        HashSet<SimulatedDirectory> ended = [];
        foreach (NameChange change in changes)
        {
            bool isOver = (change.Source is not null && ended.Contains(change.Source)) || (change.Target is not null && ended.Contains(change.Target));
            if (!isOver && KeepsName())
            {
                kept.Add(change);
                continue;
            }

            if (change.Source is not null) ended.Add(change.Source);
            if (change.Target is not null) ended.Add(change.Target);
        }

        return kept;
    }

    private bool KeepsName() => _style switch
    {
        Style.DropAll => false,
        Style.KeepAll => true,
        _ => _random.Next(100) < Math.Max(_keepPercent, 60),
    };

    private bool Keeps(long number) => _style switch
    {
        Style.DropAll => false,
        Style.KeepAll => true,
        Style.Ordered => number <= _lastKept,
        _ => _random.Next(100) < _keepPercent,
    };

    private void Write(long offset, ReadOnlySpan<byte> data, Bytes content)
    {
        if (_style < Style.Torn)
        {
            content.Write(offset, data);
            return;
        }

        // The length may have become durable without all of the content, or with less than all of the write.
        int length = _random.Next(4) == 0 ? _random.Next(data.Length + 1) : data.Length;
        if (offset + length > content.Length) content.SetLength(offset + length);
        for (int start = 0; start < length;)
        {
            int size = Math.Min(length - start, SectorSize - (int)((offset + start) % SectorSize));
            Span<byte> sector = content.Span.Slice((int)offset + start, size);
            int fate = _random.Next(100);
            if (fate < _keepPercent) data.Slice(start, size).CopyTo(sector);
            else if (_style == Style.Garbled && fate % 2 == 0) _random.NextBytes(sector);
            else if (_style == Style.Garbled) sector.Clear();
            start += size;
        }
    }
}
