namespace NATS.Server.Core.Subjects;

/// <summary>Enumerates the tokens of a subject in place: the spans between the separators, empty ones included. Allocates nothing.</summary>
public ref struct SubjectTokens
{
    private ReadOnlySpan<byte> _rest;
    private bool _ended;

    internal SubjectTokens(ReadOnlySpan<byte> subject) => _rest = subject;

    /// <summary>The token last moved to; a part of the subject's own memory.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Whether no token follows <see cref="Current"/>.</summary>
    public readonly bool IsLast => _ended;

    public readonly SubjectTokens GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_ended) return false;
        int end = _rest.IndexOf(Subject.Separator);
        if (end < 0)
        {
            Current = _rest;
            _ended = true;
        }
        else
        {
            Current = _rest[..end];
            _rest = _rest[(end + 1)..];
        }

        return true;
    }
}
