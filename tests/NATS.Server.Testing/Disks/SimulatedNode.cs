namespace NATS.Server.Testing.Disks;

/// <summary>What a name stands for: a file or a directory.</summary>
internal abstract class SimulatedNode;

/// <summary>The names in a directory: as they are, and as they are known to survive a power cut.</summary>
internal sealed class SimulatedDirectory : SimulatedNode
{
    public Dictionary<string, SimulatedNode> Names { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SimulatedNode> SyncedNames { get; } = new(StringComparer.Ordinal);
}

/// <summary>The content of a file: as it is, as it is known to survive a power cut, and the changes that lie between.</summary>
internal sealed class SimulatedContent : SimulatedNode
{
    public Bytes Written { get; } = new();

    public Bytes Synced { get; } = new();

    public List<UnsyncedChange> Unsynced { get; } = [];

    /// <summary>How many names and open files it has: without any it takes no space.</summary>
    public int References { get; set; }

    public void Sync()
    {
        foreach (UnsyncedChange change in Unsynced) change.ApplyTo(Synced);
        Unsynced.Clear();
    }
}

/// <summary>A write (with data) or a truncation (without) that no sync has followed.</summary>
/// <param name="Number">The operation that it was.</param>
/// <param name="Offset">Where the data begins, or the length that remains.</param>
/// <param name="Data">Never changed.</param>
internal readonly record struct UnsyncedChange(long Number, long Offset, byte[]? Data)
{
    public void ApplyTo(Bytes content)
    {
        if (Data is null) content.SetLength(Offset);
        else content.Write(Offset, Data);
    }
}

/// <summary>A change of names that no sync of the directory has followed. Creating has no source, deleting has no target.</summary>
/// <param name="Node">What the name stands for.</param>
/// <param name="Source">Where the name goes.</param>
/// <param name="SourceName">Which.</param>
/// <param name="Target">Where the name comes.</param>
/// <param name="TargetName">Which.</param>
internal sealed record NameChange(SimulatedNode Node, SimulatedDirectory? Source, string SourceName, SimulatedDirectory? Target, string TargetName)
{
    public bool Touches(SimulatedDirectory directory) => Source == directory || Target == directory;

    /// <param name="namesOf">The names of a directory in the state that is changed.</param>
    public void Apply(Func<SimulatedDirectory, Dictionary<string, SimulatedNode>> namesOf)
    {
        if (Source is not null) namesOf(Source).Remove(SourceName);
        if (Target is not null) namesOf(Target)[TargetName] = Node;
    }
}

/// <summary>Bytes that can be overwritten, lengthened with zeros and cut.</summary>
internal sealed class Bytes
{
    private byte[] _buffer = [];

    public int Length { get; private set; }

    public Span<byte> Span => _buffer.AsSpan(0, Length);

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        int start = checked((int)offset);
        if (start + data.Length > Length) SetLength(start + data.Length);
        data.CopyTo(_buffer.AsSpan(start));
    }

    public void SetLength(long length)
    {
        int size = checked((int)length);
        if (size > _buffer.Length) Array.Resize(ref _buffer, Math.Max(size, _buffer.Length * 2));
        else if (size < Length) _buffer.AsSpan(size, Length - size).Clear();
        Length = size;
    }

    public void CopyFrom(Bytes other)
    {
        _buffer = other.Span.ToArray();
        Length = other.Length;
    }
}
