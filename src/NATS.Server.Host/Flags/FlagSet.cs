using NATS.Server.Core.Config;

namespace NATS.Server.Host.Flags;

/// <summary>
/// A command line with the rules of Go's flag package. Single-threaded.
/// One dash or two are the same; <c>-x=v</c> or <c>-x v</c>; a boolean takes a value only with <c>=</c>;
/// reading stops at the first argument that is no flag, at <c>-</c>, and after <c>--</c>. The last occurrence wins.
/// </summary>
internal sealed class FlagSet
{
    private readonly Dictionary<string, FlagValue> _flags = new(StringComparer.Ordinal);

    /// <summary>What follows the flags; set by <see cref="Parse"/>.</summary>
    public IReadOnlyList<string> Rest { get; private set; } = [];

    /// <summary>Whether the flags ended at <c>--</c>, after which nothing is one; set by <see cref="Parse"/>.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>All spellings of all flags, without dashes.</summary>
    public IEnumerable<string> Names => _flags.Keys;

    public BooleanFlag Boolean(params ReadOnlySpan<string> names) => Define(new BooleanFlag(initial: false), names);

    public IntegerFlag Integer(params ReadOnlySpan<string> names) => Define(new IntegerFlag(), names);

    public TextFlag Text(params ReadOnlySpan<string> names) => Define(new TextFlag(), names);

    /// <summary>Reads the arguments up to the first that is no flag.</summary>
    /// <returns>Null, or the first mistake in Go's words; flags before it have been set.</returns>
    public string? Parse(IReadOnlyList<string> arguments)
    {
        var next = 0;
        while (next < arguments.Count)
        {
            var argument = arguments[next];
            if (argument.Length < 2 || argument[0] != '-')
                break;
            next++;
            if (argument == "--")
            {
                HasEnded = true;
                break;
            }

            var body = argument[(argument[1] == '-' ? 2 : 1)..];
            if (body[0] is '-' or '=')
                return $"bad flag syntax: {argument}";

            var equals = body.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? body : body[..equals];
            if (!_flags.TryGetValue(name, out var flag))
                return $"flag provided but not defined: -{name}";

            string text;
            if (equals >= 0)
                text = body[(equals + 1)..];
            else if (flag.IsBoolean)
                text = "true";
            else if (next < arguments.Count)
                text = arguments[next++];
            else
                return $"flag needs an argument: -{name}";

            if (flag.Set(text) is { } reason)
            {
                return flag.IsBoolean
                    ? $"invalid boolean value {GoFormat.Quote(text)} for -{name}: {reason}"
                    : $"invalid value {GoFormat.Quote(text)} for flag -{name}: {reason}";
            }
            flag.IsGiven = true;
        }
        Rest = [.. arguments.Skip(next)];
        return null;
    }

    private T Define<T>(T value, ReadOnlySpan<string> names)
        where T : FlagValue
    {
        foreach (var name in names)
            _flags.Add(name, value);
        return value;
    }
}
