namespace NATS.Server.Host.Top;

/// <summary>Samples that follow each other. Single-threaded.</summary>
internal sealed class TopSeries
{
    private readonly TimeSpan _delay;
    private TopSample? _beforeLast;
    private TopSample? _last;

    /// <summary>Begins without samples.</summary>
    /// <param name="delay">The time that usually passes between two.</param>
    public TopSeries(TimeSpan delay) => _delay = delay;

    /// <summary>The rates so far.</summary>
    public TopHistory History { get; private set; } = TopHistory.Empty;

    /// <summary>Takes a sample.</summary>
    /// <returns>The rates since the one before. After a key the next sample comes at once, and nothing can be said from so short a time: then they are since an earlier one.</returns>
    public TopRates Add(TopSample sample)
    {
        bool isEarly = _last is { } last && last.Server.Id == sample.Server.Id && sample.Server.Now - last.Server.Now < _delay / 2;
        if (!isEarly) _beforeLast = _last;
        _last = sample;
        var rates = TopRates.Between(_beforeLast, sample);
        if (!isEarly && _beforeLast is not null) History = History.With(rates.Server);
        return rates;
    }
}
