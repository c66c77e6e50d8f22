using System.Globalization;

namespace NATS.Server.StoreBench.Measurement;

/// <summary>Immutable. What a case measured, and beside what it stands.</summary>
/// <param name="Title">Of the case.</param>
/// <param name="Unit">Of both figures.</param>
/// <param name="Ours">Median of the rounds.</param>
/// <param name="BesideTitle">What the other figure is.</param>
/// <param name="Beside">Median of the rounds; NaN: none.</param>
internal sealed record StoreFigure(string Title, string Unit, double Ours, string BesideTitle, double Beside)
{
    /// <summary>How many decimals are shown.</summary>
    public string Format { get; init; } = "0.##";

    /// <summary>The ratio ours / beside of the rounds; without rounds that of the medians.</summary>
    public double Ratio { get; init; } = double.NaN;

    /// <summary>In words, with what became of each; empty without.</summary>
    public string Targets { get; init; } = "";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Title} | {Number(Ours)} {Unit} | {(double.IsNaN(Beside) ? "" : $"{BesideTitle}: {Number(Beside)}")} | {(double.IsNaN(Ratio) ? "" : Ratio.ToString("0.00", CultureInfo.InvariantCulture))} | {Targets} |");

    /// <summary>Says of a target whether it was met.</summary>
    public static string Target(string text, bool isMet) => $"{text} {(isMet ? "met" : "**MISSED**")}";

    private string Number(double value) => value.ToString(Format, CultureInfo.InvariantCulture);
}
