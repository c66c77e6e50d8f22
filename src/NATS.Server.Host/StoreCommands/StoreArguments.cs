using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Host.StoreCommands;

/// <summary>What follows <c>nats-server store</c>. Pure.</summary>
internal sealed record StoreArguments
{
    private const string Verbs = "verify repair export";

    /// <summary>verify, repair or export.</summary>
    public string Verb { get; private set; } = "";

    /// <summary>Empty: the one of the configuration.</summary>
    public string Directory { get; private set; } = "";

    public string? Account { get; private set; }

    public string? Stream { get; private set; }

    public string? Key { get; private set; }

    public string? KeyFile { get; private set; }

    public string? PreviousKey { get; private set; }

    public string? PreviousKeyFile { get; private set; }

    public string? Cipher { get; private set; }

    public string? ConfigFile { get; private set; }

    /// <summary>Where an export goes: a file, a directory for a backup, <c>-</c> or null for standard output.</summary>
    public string? To { get; private set; }

    public bool IsJson { get; private set; }

    public bool IsJsonLines { get; private set; }

    public bool IsQuiet { get; private set; }

    public bool IsVerbose { get; private set; }

    public bool IsDryRun { get; private set; }

    public bool AsksForHelp { get; private set; }

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">Without <c>store</c>.</param>
    /// <param name="read">What it asks for.</param>
    /// <param name="problem">Why it cannot be read; empty when nothing was asked for.</param>
    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out StoreArguments? read, [NotNullWhen(false)] out string? problem)
    {
        read = null;
        var parsed = new StoreArguments();
        if (arguments.Count == 0)
        {
            problem = "";
            return false;
        }

        for (int i = 0; i < arguments.Count; i++)
        {
            problem = parsed.Take(arguments, ref i);
            if (problem is not null) return false;
        }

        problem = parsed.AsksForHelp ? null : parsed.FindContradiction();
        if (problem is not null) return false;
        read = parsed;
        return true;
    }

    private string? Take(IReadOnlyList<string> arguments, ref int i)
    {
        string argument = arguments[i];
        if (!argument.StartsWith('-') || argument == "-") return TakeWord(argument);
        string name = argument.TrimStart('-');
        string? value = null;
        if (name.IndexOf('=', StringComparison.Ordinal) is > 0 and int at) (name, value) = (name[..at], name[(at + 1)..]);
        switch (name)
        {
            case "json": IsJson = true; break;
            case "jsonl": IsJsonLines = true; break;
            case "quiet": IsQuiet = true; break;
            case "verbose": IsVerbose = true; break;
            case "dry-run": IsDryRun = true; break;
            case "help" or "h": AsksForHelp = true; break;
            case "account" or "stream" or "key" or "key-file" or "prev-key" or "prev-key-file" or "cipher" or "config" or "c" or "to":
                if (value is null && ++i == arguments.Count) return $"--{name} needs a value";
                Set(name, value ?? arguments[i]);
                return null;
            default: return $"unknown option {argument}";
        }

        return value is null ? null : $"--{name} takes no value";
    }

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "account": Account = value; break;
            case "stream": Stream = value; break;
            case "key": Key = value; break;
            case "key-file": KeyFile = value; break;
            case "prev-key": PreviousKey = value; break;
            case "prev-key-file": PreviousKeyFile = value; break;
            case "cipher": Cipher = value; break;
            case "to": To = value; break;
            default: ConfigFile = value; break;
        }
    }

    private string? TakeWord(string word)
    {
        if (Verb.Length == 0)
        {
            Verb = word;
            return Verbs.Split(' ').Contains(word) ? null : $"unknown command \"store {word}\"";
        }

        if (Directory.Length > 0) return $"one directory at a time: {Directory} or {word}";
        Directory = word;
        return null;
    }

    private string? FindContradiction()
    {
        if (Verb.Length == 0) return "verify, repair or export?";
        if (Directory.Length == 0 && ConfigFile is null) return "a directory is needed, or a configuration that names it";
        if (Verb != "export" && (To is not null || IsJsonLines)) return "--to and --jsonl are for export";
        if (Verb != "repair" && IsDryRun) return "--dry-run is for repair: the others write nothing to a store";
        if (Verb == "export" && IsJson) return "--json is for verify and repair; export has --jsonl";
        if (Verb == "export" && !IsJsonLines && To is null or "-") return "a backup needs --to DIRECTORY; --jsonl writes to standard output too";
        return null;
    }
}
