using System.Globalization;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>Reads where an account's message traces go: a subject, or a block with a subject and a sampling. Pure.</summary>
internal static class MessageTraceReader
{
    private const int AllOfThem = 100;

    /// <summary>Takes the destination into the account. The first fault ends the reading of the block, as in the reference.</summary>
    public static AccountOptions Read(AccountOptions account, ConfigEntry entry)
    {
        var isGood = entry.Content switch
        {
            string => TryDestination(ref account, entry),
            ConfigMap map => TryBlock(ref account, map, entry),
            _ => Fail(entry, $"Expected account message trace {GoFormat.Quote(entry.Name)} to be a string or a map/struct, got {entry.TypeName}"),
        };
        if (!isGood) return account;
        if (account.TraceDestination.Length > 0)
            return account.TraceSampling == 0 ? account with { TraceSampling = AllOfThem } : account;
        if (account.TraceSampling > 0)
            entry.Diagnostics.Warn($"{entry.Value.Position}: Trace destination sampling ignored since no destination was set");
        return account with { TraceSampling = 0 };
    }

    private static bool TryBlock(ref AccountOptions account, ConfigMap map, ConfigEntry block)
    {
        foreach (var (name, value) in map)
        {
            var entry = new ConfigEntry(name, value, block.Diagnostics);
            var isGood = name.ToUpperInvariant() switch
            {
                "DEST" => TryDestination(ref account, entry),
                "SAMPLING" => TrySampling(ref account, entry),
                _ => value.IsUsedVariable ||
                    Fail(entry, $"Unknown field {GoFormat.Quote(name)} parsing account message trace map/struct {GoFormat.Quote(block.Name)}"),
            };
            if (!isGood) return false;
        }
        return true;
    }

    private static bool TryDestination(ref AccountOptions account, ConfigEntry entry)
    {
        if (entry.Content is not string destination) return Fail(entry, $"Field {GoFormat.Quote(entry.Name)} should be a string, got {entry.TypeName}");
        if (!Subject.IsValidPublish(Encoding.UTF8.GetBytes(destination)))
            return Fail(entry, $"Trace destination {GoFormat.Quote(destination)} is not valid");
        account = account with { TraceDestination = destination };
        return true;
    }

    private static bool TrySampling(ref AccountOptions account, ConfigEntry entry)
    {
        long percent;
        switch (entry.Content)
        {
            case long number:
                percent = number;
                break;
            case string text:
                var digits = text.EndsWith('%') ? text[..^1] : text;
                if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out percent))
                    return Fail(entry, $"Invalid trace destination sampling value {GoFormat.Quote(text)}");
                break;
            default:
                return Fail(entry, $"Trace destination sampling field {GoFormat.Quote(entry.Name)} should be an integer or a percentage, got {entry.TypeName}");
        }
        // The first word is spelled so by the reference.
        if (percent is < 1 or > 100) return Fail(entry, $"Ttrace destination sampling value {percent} is invalid, needs to be [1..100]");
        account = account with { TraceSampling = (int)percent };
        return true;
    }

    private static bool Fail(ConfigEntry entry, string reason)
    {
        entry.Fail(reason);
        return false;
    }
}
