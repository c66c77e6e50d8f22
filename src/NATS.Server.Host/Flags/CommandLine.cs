using NATS.Server.Core.Config;

namespace NATS.Server.Host.Flags;

/// <summary>What a command line asks for. Pure.</summary>
internal abstract record CommandLine
{
    private CommandLine()
    {
    }

    public sealed record Help : CommandLine;

    public sealed record TlsHelp : CommandLine;

    public sealed record Version : CommandLine;

    /// <summary>A flag that cannot be read: the reason on standard error, the usage on standard output, exit code 0 as in the reference.</summary>
    public sealed record BadFlag(string Reason) : CommandLine;

    /// <summary>An argument that is neither a flag nor a known word: exit code 1.</summary>
    public sealed record BadCommand(string Word) : CommandLine
    {
        public string Reason => $"unrecognized command: {GoFormat.Quote(Word)}";
    }

    /// <summary><c>-sl</c>: send a signal and exit.</summary>
    /// <param name="Expression"><c>command[=target]</c>.</param>
    public sealed record Signal(string Expression) : CommandLine;

    /// <summary>Check a configuration, or run a server.</summary>
    public sealed record Run(ServerFlags Flags) : CommandLine;

    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var flags = new ServerFlags();
        if (flags.Parse(arguments) is { } reason)
            return new BadFlag(reason);
        if (flags.ShowVersion)
            return new Version();
        if (flags.ShowHelp)
            return new Help();
        if (flags.ShowTlsHelp)
            return new TlsHelp();
        if (flags.Rest is [var word, ..])
        {
            return word.ToUpperInvariant() switch
            {
                "VERSION" => new Version(),
                "HELP" => new Help(),
                _ => new BadCommand(word),
            };
        }
        return flags.Signal.Length > 0 ? new Signal(flags.Signal) : new Run(flags);
    }
}
