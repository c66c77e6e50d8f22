namespace NATS.Server.Core.Jwt;

/// <summary>Something wrong in claims.</summary>
/// <param name="Text">As operators know it from the reference.</param>
/// <param name="IsBlocking">Whether the claims cannot be used.</param>
/// <param name="IsTimeCheck">Whether they cannot be used at this time.</param>
public readonly record struct ClaimIssue(string Text, bool IsBlocking, bool IsTimeCheck);

/// <summary>What a validation found. Owned by the caller.</summary>
public sealed class ClaimIssues
{
    /// <summary>More than these are counted, not kept.</summary>
    private const int MaxKept = 256;

    private readonly List<ClaimIssue> _issues = [];
    private bool _isBlocking;
    private bool _isUntimely;

    public IReadOnlyList<ClaimIssue> All => _issues;

    /// <summary>Whether the claims cannot be used.</summary>
    /// <param name="withTimes">Whether a wrong time counts as well.</param>
    public bool IsBlocking(bool withTimes) => _isBlocking || (withTimes && _isUntimely);

    /// <summary>The first text that blocks, or null.</summary>
    public string? FirstError(bool withTimes = false)
    {
        foreach (ClaimIssue issue in _issues)
        {
            if (issue.IsBlocking || (withTimes && issue.IsTimeCheck)) return issue.Text;
        }

        return null;
    }

    public override string ToString() => string.Join("; ", _issues.Select(static issue => issue.Text));

    internal void Error(string text)
    {
        _isBlocking = true;
        Add(new ClaimIssue(text, IsBlocking: true, IsTimeCheck: false));
    }

    internal void TimeCheck(string text)
    {
        _isUntimely = true;
        Add(new ClaimIssue(text, IsBlocking: false, IsTimeCheck: true));
    }

    internal void Warning(string text) => Add(new ClaimIssue(text, IsBlocking: false, IsTimeCheck: false));

    private void Add(ClaimIssue issue)
    {
        if (_issues.Count < MaxKept) _issues.Add(issue);
    }
}
