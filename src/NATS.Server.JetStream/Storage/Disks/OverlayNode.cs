namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>Under the lock of its <see cref="OverlayDisk"/>. A file or directory as it is seen above another disk.</summary>
internal abstract class OverlayNode;

/// <summary>Under the lock of its <see cref="OverlayDisk"/>. A directory: that of the disk below until a name in it is asked for.</summary>
/// <param name="path">On the disk below; null for a new one.</param>
internal sealed class OverlayDirectory(string? path) : OverlayNode
{
    private Dictionary<string, OverlayNode>? _names = path is null ? new(StringComparer.Ordinal) : null;

    // Directories above those that are looked at may not be listed by everybody: what is on the way is believed to be there.
    private Dictionary<string, OverlayNode>? _onTheWay;

    public OverlayNode? Find(IDisk below, string name)
    {
        if (_names is not null) return _names.GetValueOrDefault(name);
        if (_onTheWay?.GetValueOrDefault(name) is { } known) return known;
        if (!below.DirectoryExists(PathOf(name))) return All(below).GetValueOrDefault(name);
        _onTheWay ??= new Dictionary<string, OverlayNode>(StringComparer.Ordinal);
        return _onTheWay[name] = new OverlayDirectory(PathOf(name));
    }

    /// <summary>Everything in it.</summary>
    public Dictionary<string, OverlayNode> All(IDisk below)
    {
        if (_names is not null) return _names;
        var names = new Dictionary<string, OverlayNode>(StringComparer.Ordinal);
        foreach (DiskEntry entry in below.List(path!.Length == 0 ? "/" : path))
        {
            names[entry.Name] = entry.IsDirectory ? new OverlayDirectory(PathOf(entry.Name)) : new OverlayContent(PathOf(entry.Name), entry.Length);
        }

        foreach ((string name, OverlayNode node) in _onTheWay ?? []) names[name] = node;
        _onTheWay = null;
        return _names = names;
    }

    public void Put(string name, OverlayNode node)
    {
        if (_names is not null) _names[name] = node;
        else (_onTheWay ??= new Dictionary<string, OverlayNode>(StringComparer.Ordinal))[name] = node;
    }

    public void Take(IDisk below, string name) => All(below).Remove(name);

    // A drive of Windows stands at the beginning of a path.
    private string PathOf(string name) => path!.Length == 0 && name.EndsWith(':') ? name : $"{path}/{name}";
}

/// <summary>Under the lock of its <see cref="OverlayDisk"/>. A file: that of the disk below until it is changed.</summary>
/// <param name="path">On the disk below; null for a new one.</param>
/// <param name="length">Of the file below.</param>
internal sealed class OverlayContent(string? path, long length) : OverlayNode
{
    private byte[]? _bytes = path is null ? [] : null;
    private int _length;

    public long LengthIn(IDisk below)
    {
        if (_bytes is not null) return _length;
        using IDiskFile file = below.Open(path!, DiskOpen.Existing);
        return file.Length;
    }

    public int Read(IDisk below, long offset, Span<byte> buffer)
    {
        if (_bytes is null)
        {
            using IDiskFile file = below.Open(path!, DiskOpen.Existing);
            return file.Read(offset, buffer);
        }

        if (offset >= _length) return 0;
        int count = (int)Math.Min(buffer.Length, _length - offset);
        _bytes.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }

    public void Write(IDisk below, long offset, ReadOnlySpan<byte> data)
    {
        Load(below);
        if (offset + data.Length > _length) SetLength(below, offset + data.Length);
        data.CopyTo(_bytes.AsSpan((int)offset));
    }

    public void SetLength(IDisk below, long wanted)
    {
        if (wanted == 0 && _bytes is null) _bytes = [];
        Load(below);
        if (wanted > Array.MaxLength) throw OverlayDisk.Failure(DiskError.Full, "write", path ?? "", "too long to be held in memory");
        if (wanted > _bytes!.Length) Array.Resize(ref _bytes, (int)Math.Max(wanted, Math.Min(Array.MaxLength, 2L * _bytes.Length)));
        if (wanted < _length) _bytes.AsSpan((int)wanted, _length - (int)wanted).Clear();
        _length = (int)wanted;
    }

    private void Load(IDisk below)
    {
        if (_bytes is not null) return;
        if (length > Array.MaxLength) throw OverlayDisk.Failure(DiskError.Full, "write", path!, "too long to be held in memory");
        using IDiskFile file = below.Open(path!, DiskOpen.Existing);
        byte[] bytes = new byte[file.Length];
        _length = file.Read(0, bytes);
        _bytes = bytes;
    }
}
