using System.Globalization;

namespace NATS.Server.Bench.Pairs;

/// <summary>One target of one case, and what was measured.</summary>
/// <param name="IsLeast">The measured figure must be at least the wanted one; else at most.</param>
internal sealed record TargetCheck(string What, double Measured, double Wanted, bool IsLeast, string Unit)
{
    public bool IsMet => IsLeast ? Measured >= Wanted : Measured <= Wanted;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{What} {(IsLeast ? "≥" : "≤")} {Wanted:0.##}{Unit} {(IsMet ? "met" : "**MISSED**")}");
}
