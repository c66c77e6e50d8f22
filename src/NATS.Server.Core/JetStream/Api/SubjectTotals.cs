using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>
/// Owned by one request. A page of how many messages subjects have. Subjects are added in the order of their bytes; only those of the page are kept, all are counted.
/// </summary>
public sealed class SubjectTotals
{
    /// <summary>How many subjects an answer has at most.</summary>
    public const int PageSize = 100_000;

    private readonly long _offset;
    private readonly List<(int End, ulong Messages)> _entries = [];
    private byte[] _text = new byte[256];
    private int _length;

    /// <summary>Begins a page.</summary>
    /// <param name="offset">How many subjects are passed over.</param>
    public SubjectTotals(long offset) => _offset = offset;

    /// <summary>How many subjects there are on all pages.</summary>
    public long Total { get; private set; }

    /// <summary>How many are on this page.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds the next subject.</summary>
    public void Add(ReadOnlySpan<byte> subject, ulong messages)
    {
        if (Total++ < _offset || _entries.Count == PageSize) return;
        if (_text.Length - _length < subject.Length) Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + subject.Length));
        subject.CopyTo(_text.AsSpan(_length));
        _length += subject.Length;
        _entries.Add((_length, messages));
    }

    internal void WriteUnlessEmpty(Utf8JsonWriter json, ReadOnlySpan<byte> name)
    {
        if (_entries.Count == 0) return;
        json.WriteStartObject(name);
        int start = 0;
        foreach ((int end, ulong messages) in _entries)
        {
            json.WritePropertyName(JsonText.FromWire(_text.AsSpan(start..end)));
            json.WriteNumberValue(messages);
            start = end;
        }

        json.WriteEndObject();
    }
}
