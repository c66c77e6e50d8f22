namespace NATS.Server.Host.Top;

/// <summary>The last rates of a server, oldest first. Immutable; an unknown one is a gap.</summary>
internal sealed class TopHistory
{
    /// <summary>Samples that are kept: older ones leave.</summary>
    public const int Maximum = 300;

    public static readonly TopHistory Empty = new([]);

    private TopHistory(IReadOnlyList<TopTraffic?> items) => Items = items;

    public IReadOnlyList<TopTraffic?> Items { get; }

    public TopHistory With(TopTraffic? rate) => new([.. Items.Skip(Math.Max(0, Items.Count + 1 - Maximum)), rate]);
}
