namespace NATS.Server.Testing.Transcripts;

/// <summary>What a line of a script does.</summary>
public enum TranscriptAction
{
    Open,

    /// <summary>Open, with a receive buffer that is soon full.</summary>
    Slow,
    Send,
    Ping,
    Until,
    Closed,
    HangUp,

    /// <summary>Remember the next reply subject of a service import.</summary>
    Reply,
    Log,
    Reload,
}

/// <summary>One step of a script.</summary>
/// <param name="Line">Line number in the file, from 1.</param>
/// <param name="Action">What to do.</param>
/// <param name="Connection">The connection's name; empty for steps of the server.</param>
/// <param name="Text">Bytes to send (Latin-1), text to wait for, or the new configuration.</param>
/// <param name="Count">How often a send is repeated.</param>
public sealed record TranscriptStep(int Line, TranscriptAction Action, string Connection, string Text, int Count = 1);
