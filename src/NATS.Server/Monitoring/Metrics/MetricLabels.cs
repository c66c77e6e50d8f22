using System.Text;

namespace NATS.Server.Monitoring.Metrics;

/// <summary>What tells the samples of a metric apart. Immutable, but that it renders itself once. One owner.</summary>
internal sealed class MetricLabels
{
    private readonly KeyValuePair<string, object?>[] _pairs;
    private byte[]? _text;

    public MetricLabels(params ReadOnlySpan<(string Name, string Value)> labels)
        : this([], labels)
    {
    }

    private MetricLabels(ReadOnlySpan<KeyValuePair<string, object?>> earlier, ReadOnlySpan<(string Name, string Value)> labels)
    {
        _pairs = new KeyValuePair<string, object?>[earlier.Length + labels.Length];
        earlier.CopyTo(_pairs);
        for (int i = 0; i < labels.Length; i++) _pairs[earlier.Length + i] = new KeyValuePair<string, object?>(labels[i].Name, labels[i].Value);
    }

    public ReadOnlySpan<KeyValuePair<string, object?>> Pairs => _pairs;

    /// <summary>In the format of Prometheus: <c>{name="value",…}</c>.</summary>
    public ReadOnlySpan<byte> Text => _text ??= Render();

    /// <summary>These and others.</summary>
    public MetricLabels With(params ReadOnlySpan<(string Name, string Value)> labels) => new(_pairs, labels);

    private byte[] Render()
    {
        var text = new StringBuilder("{", 64 * _pairs.Length);
        foreach ((string name, object? value) in _pairs)
        {
            if (text.Length > 1) text.Append(',');
            text.Append(name).Append("=\"");
            foreach (char character in (string)value!)
            {
                switch (character)
                {
                    case '\\': text.Append(@"\\"); break;
                    case '"': text.Append("\\\""); break;
                    case '\n': text.Append("\\n"); break;
                    default: text.Append(character); break;
                }
            }

            text.Append('"');
        }

        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }
}
