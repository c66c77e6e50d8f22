namespace NATS.Server.Monitoring.Explaining;

/// <summary>Owned by one answer. How many findings it may still have.</summary>
internal sealed class FindingBudget
{
    /// <summary>Findings of one answer.</summary>
    public const int Maximum = 1000;

    private int _left = Maximum;

    /// <summary>Findings that there was no room for.</summary>
    public int Missing { get; private set; }

    /// <summary>Findings that may still be made.</summary>
    public int Left => Math.Max(0, _left);

    /// <summary>Takes room for one finding.</summary>
    public bool TryTake()
    {
        if (_left-- > 0) return true;
        Missing++;
        return false;
    }

    /// <summary>Notes what was not even looked at.</summary>
    public void Miss(int count) => Missing += count;

    /// <summary>Says how much is missing.</summary>
    public static Finding LeftOut(int count, string what) => new() { Kind = "left_out", Text = $"{count} more {what} are left out", Value = count };
}
