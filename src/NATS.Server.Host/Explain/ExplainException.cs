namespace NATS.Server.Host.Explain;

/// <summary>Why a question could not be put, or was not answered: one line for whoever asked.</summary>
internal sealed class ExplainException(string message, int exitCode = ExplainExit.NotAnswered, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode => exitCode;
}

/// <summary>How <c>nats-server explain</c> ends.</summary>
internal static class ExplainExit
{
    /// <summary>Answered, and it is as one would wish.</summary>
    public const int Good = 0;

    /// <summary>Answered, and something is refused, reaches nobody, waits, is closed or does not exist.</summary>
    public const int Bad = 1;

    /// <summary>The command line, or a file that it names, makes no sense.</summary>
    public const int BadArguments = 2;

    public const int NotAnswered = 3;

    private static readonly HashSet<string> GoodVerdicts = new(StringComparer.Ordinal) { "allowed", "delivered", "delivering", "idle", "open" };

    public static int Of(string verdict) => GoodVerdicts.Contains(verdict) ? Good : Bad;
}
