namespace NATS.Server.Testing;

/// <summary>How a server executable is started.</summary>
public sealed record ServerProcessOptions
{
    /// <summary>Command-line arguments after those the harness adds.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Text of a configuration file, passed with <c>-c</c>. <c>$FOLDER</c> in it becomes the process's own folder.</summary>
    public string? Config { get; init; }

    /// <summary>Adds <c>-a 127.0.0.1 -p -1</c>: a client port the system chooses. Without it the arguments or the configuration choose.</summary>
    public bool RandomPort { get; init; } = true;

    /// <summary>Returns only when the server has said it is ready. Off for runs that are expected to end by themselves.</summary>
    public bool WaitUntilReady { get; init; } = true;

    /// <summary>Bound on start and on stop, each.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Environment variables to add or, with null, to remove.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);
}
