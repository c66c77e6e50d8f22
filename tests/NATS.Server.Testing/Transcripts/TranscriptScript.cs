using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NATS.Server.Testing.Transcripts;

/// <summary>Immutable. A protocol script; the README of this folder describes its text.</summary>
public sealed partial class TranscriptScript
{
    private static readonly char[] Blank = [' ', '\t'];

    private TranscriptScript(string name) => Name = name;

    /// <summary>Area folder and file name without its suffix, for example <c>protocol/pub-basic</c>.</summary>
    public string Name { get; }

    /// <summary>Ids of the feature rows it proves.</summary>
    public IReadOnlyList<string> Features { get; private set; } = [];

    public IReadOnlyList<string> Arguments { get; private set; } = [];

    /// <summary>Text of the server's configuration file, or null without one.</summary>
    public string? Config { get; private set; }

    public IReadOnlyList<TranscriptStep> Steps { get; private set; } = [];

    /// <summary>Groups of connections whose lines are compared together, sorted.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Merged { get; private set; } = [];

    /// <summary>Connections of which only the end is compared: how much of a cut stream arrives is left to chance.</summary>
    public IReadOnlyList<string> Ignored { get; private set; } = [];

    /// <summary>The server's PING lines are part of the comparison.</summary>
    public bool KeepsPings { get; private set; }

    /// <summary>Every field of INFO is part of the comparison, also those that announce subsystems outside of the core protocol.</summary>
    public bool KeepsWholeInfo { get; private set; }

    /// <summary>The script asks nothing of its server: it may run on one that other scripts have used.</summary>
    public bool CanShareServer => Arguments.Count == 0 && Config is null && Steps.All(step => step.Action is not (TranscriptAction.Log or TranscriptAction.Reload));

    /// <summary>The folder of all scripts.</summary>
    public static string Folder => Repository.PathOf("tests", "NATS.Server.InteropTests", "Transcripts");

    /// <summary>Names of all scripts, sorted.</summary>
    public static IReadOnlyList<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.txt", SearchOption.AllDirectories)
            .Select(path => Path.ChangeExtension(Path.GetRelativePath(Folder, path), null).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    /// <summary>Loads a script by its name.</summary>
    /// <exception cref="FormatException">A line is not understood.</exception>
    public static TranscriptScript Load(string name) => Parse(name, File.ReadAllText(Path.Combine(Folder, name + ".txt")));

    /// <summary>Parses the text of a script.</summary>
    /// <exception cref="FormatException">A line is not understood; the message names it.</exception>
    public static TranscriptScript Parse(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var script = new TranscriptScript(name);
        List<string> features = [], arguments = [];
        List<TranscriptStep> steps = [];
        List<IReadOnlyList<string>> merged = [];
        StringBuilder? config = null;
        int reloadLine = 0;
        int number = 0;
        foreach (string line in TranscriptKeys.Expand(text, nonce: null).Split('\n'))
        {
            number++;
            if (line.Trim().Length == 0 || line[0] == '#') continue;
            if (line[0] == '=')
            {
                (config ??= new StringBuilder()).Append(line.AsSpan(1).Trim()).Append('\n');
                continue;
            }

            EndReload();
            if (line[0] == '@') features.AddRange(Words(line[1..]));
            else if (line[0] == '!') arguments.AddRange(Words(line[1..]));
            else if (line == "pings") script.KeepsPings = true;
            else if (line == "whole-info") script.KeepsWholeInfo = true;
            else if (line == "reload") BeginReload();
            else if (line.StartsWith("merge ", StringComparison.Ordinal)) merged.Add(Words(line[6..]));
            else if (line.StartsWith("ignore ", StringComparison.Ordinal)) script.Ignored = Words(line[7..]);
            else if (line.StartsWith("log ", StringComparison.Ordinal)) steps.Add(new TranscriptStep(number, TranscriptAction.Log, "", line[4..]));
            else steps.Add(ParseStep(line, number) ?? throw new FormatException($"{name}:{number}: not understood: {line}"));
        }

        EndReload();
        script.Features = features;
        script.Arguments = arguments;
        script.Config ??= config?.ToString();
        script.Steps = steps;
        script.Merged = merged;
        return script;

        void BeginReload()
        {
            script.Config ??= config?.ToString() ?? "";
            config = new StringBuilder();
            reloadLine = number;
        }

        void EndReload()
        {
            if (reloadLine == 0) return;
            steps.Add(new TranscriptStep(reloadLine, TranscriptAction.Reload, "", config!.ToString()));
            reloadLine = 0;
        }
    }

    /// <summary>Turns escapes and repetitions into the bytes they mean, one per character.</summary>
    public static string Unescape(string text)
    {
        string repeated = Repetition().Replace(text, x => Repeat(x.Groups[1].Value, int.Parse(x.Groups[2].Value)));
        return Escape().Replace(repeated, x => x.Value[1] switch
        {
            'r' => "\r",
            'n' => "\n",
            't' => "\t",
            '0' => "\0",
            '\\' => "\\",
            _ => ((char)int.Parse(x.ValueSpan[2..], NumberStyles.HexNumber)).ToString(),
        });
    }

    /// <summary>The bytes that one connection sends over the whole script, in order; what the runner adds (pings) is not in them.</summary>
    public string SentBy(string connection) =>
        string.Concat(Steps.Where(step => step.Action == TranscriptAction.Send && step.Connection == connection)
            .SelectMany(step => Enumerable.Repeat(step.Text, step.Count)));

    private static TranscriptStep? ParseStep(string line, int number)
    {
        if (SendLine().Match(line) is { Success: true } send)
        {
            string text = Unescape(send.Groups[4].Value);
            int count = send.Groups[2].Success ? int.Parse(send.Groups[2].Value) : 1;
            return new TranscriptStep(number, TranscriptAction.Send, send.Groups[1].Value, send.Groups[3].Value == ":" ? text + "\r\n" : text, count);
        }

        if (CommandLine().Match(line) is not { Success: true } command) return null;
        TranscriptAction? action = command.Groups[2].Value switch
        {
            "open" => TranscriptAction.Open,
            "slow" => TranscriptAction.Slow,
            "ping" => TranscriptAction.Ping,
            "until" => TranscriptAction.Until,
            "closed" => TranscriptAction.Closed,
            "hangup" => TranscriptAction.HangUp,
            "reply" => TranscriptAction.Reply,
            _ => null,
        };
        return action is null ? null : new TranscriptStep(number, action.Value, command.Groups[1].Value, Unescape(command.Groups[3].Value));
    }

    private static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static string[] Words(string text) => text.Split(Blank, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^(c\d+)(?:\*(\d+))?([:|]) ?(.*)$")]
    private static partial Regex SendLine();

    [GeneratedRegex(@"^(c\d+) (\w+) ?(.*)$")]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"\$\{(.+?)\*(\d+)\}")]
    private static partial Regex Repetition();

    [GeneratedRegex(@"\\(?:[rnt0\\]|x[0-9a-fA-F]{2})")]
    private static partial Regex Escape();
}
