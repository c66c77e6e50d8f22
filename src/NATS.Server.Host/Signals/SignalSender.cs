using System.Globalization;
using System.Text;
using NATS.Server.Core.Config;

namespace NATS.Server.Host.Signals;

/// <summary>The <c>-sl command[=target]</c> flag: finds the servers meant and signals them. Single-threaded.</summary>
/// <param name="processes">Where to look and send.</param>
/// <param name="readPidFile">Content of a file; null when there is no such file. A target that names a file is replaced by what the file says.</param>
internal sealed class SignalSender(IProcessTable processes, Func<string, string?> readPidFile)
{
    public const string ProcessName = "nats-server";

    /// <summary>Sends the signal.</summary>
    /// <param name="expression"><c>command</c>, <c>command=pid</c>, <c>command=file</c>, or with a process id prefix <c>command=12*</c>.</param>
    /// <returns>Null, or what went wrong, in the words operators know.</returns>
    public string? Run(string expression)
    {
        var parts = expression.Split('=');
        if (parts.Length > 2)
            return $"invalid signal parameters: [{string.Join(' ', parts.Skip(2))}]";
        var target = parts.Length == 2 ? readPidFile(parts[1])?.Trim() ?? parts[1] : "";
        return Send(parts[0], target);
    }

    private string? Send(string command, string target)
    {
        var isPattern = target.EndsWith('*');
        var prefix = isPattern ? target[..^1] : target;
        var processId = 0;
        // Zero and negative ids address process groups, in the extreme every process of the machine: never meant here.
        if (prefix.Length > 0 && (!int.TryParse(prefix, NumberStyles.None, CultureInfo.InvariantCulture, out processId) || processId == 0))
            return $"invalid pid: {prefix}";

        IReadOnlyList<int> candidates = [processId];
        if (isPattern || prefix.Length == 0)
        {
            try
            {
                candidates = processes.Find(ProcessName);
            }
            catch (NotSupportedException)
            {
                return "unable to resolve pid, try providing one";
            }
            if (candidates.Count > 1 && !isPattern)
                return $"multiple {ProcessName} processes running:\n{string.Join('\n', candidates)}";
            if (candidates.Count == 0)
                return $"no {ProcessName} processes running";
        }

        if (!SignalNumbers.TryGetCommand(command, out var signal))
            return $"unknown signal {GoFormat.Quote(command)}";

        var errors = new StringBuilder();
        foreach (var candidate in candidates)
        {
            if (isPattern && !candidate.ToString(CultureInfo.InvariantCulture).StartsWith(prefix, StringComparison.Ordinal))
                continue;
            if (processes.Send(candidate, signal) is { } error)
                errors.Append(CultureInfo.InvariantCulture, $"\nsignal {GoFormat.Quote(command)} {candidate}: {error}");
        }
        return errors.Length == 0 ? null : errors.ToString();
    }
}
