using System.Buffers.Text;
using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Owned by a store, under its lock. How far each source of the stream was read, as the headers of the stored messages say.</summary>
internal sealed class SourceProgress
{
    private readonly Dictionary<string, StoredSource> _sources = new(StringComparer.Ordinal);

    /// <summary>Those that were read from, by name.</summary>
    public IReadOnlyList<StoredSource> All => [.. _sources.Values.Where(source => source.Sequence > 0).OrderBy(source => source.Name, StringComparer.Ordinal)];

    public bool IsEmpty => _sources.Count == 0;

    /// <summary>Tracks these names and no others; what is known of those that stay is kept.</summary>
    public void Configure(IReadOnlyList<string> names)
    {
        foreach (string gone in _sources.Keys.Except(names, StringComparer.Ordinal).ToArray())
        {
            _sources.Remove(gone);
        }

        foreach (string name in names)
        {
            _sources.TryAdd(name, new StoredSource(name, 0, ""));
        }
    }

    /// <summary>Takes over what a leader, or a file, says; nothing when that is nothing or the stream has no sources.</summary>
    public void Apply(IReadOnlyList<StoredSource> sources, IReadOnlyList<string> names)
    {
        if (sources.Count == 0 || names.Count == 0) return;
        _sources.Clear();
        foreach (StoredSource source in sources)
        {
            _sources[source.Name] = source;
        }

        foreach (string name in names)
        {
            _sources.TryAdd(name, new StoredSource(name, 0, ""));
        }
    }

    /// <summary>Notes from where a message came.</summary>
    public void Note(ReadOnlySpan<byte> headers)
    {
        // Nats-Stream-Source: <stream> <sequence> <filter> <transform> <original subject> [<identity>]
        if (_sources.Count == 0 || headers.IsEmpty || !MessageHeaders.TryGet(headers, "Nats-Stream-Source"u8, out ReadOnlySpan<byte> value)) return;
        Span<Range> fields = stackalloc Range[7];
        int count = Split(value, fields);
        if (count < 4) return;
        string name = $"{Text(value[fields[0]])} {Text(value[fields[2]])} {Text(value[fields[3]])}";
        if (!_sources.ContainsKey(name)) return;
        ulong sequence = Utf8Parser.TryParse(value[fields[1]], out ulong parsed, out int read) && read == value[fields[1]].Length ? parsed : 0;
        _sources[name] = new StoredSource(name, sequence, count >= 6 ? Text(value[fields[5]]) : "");
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static int Split(ReadOnlySpan<byte> value, Span<Range> fields)
    {
        int count = 0;
        int start = 0;
        for (int at = 0; at <= value.Length && count < fields.Length; at++)
        {
            if (at < value.Length && value[at] != ' ') continue;
            fields[count++] = start..at;
            start = at + 1;
        }

        return count;
    }
}
