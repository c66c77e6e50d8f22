using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// A value that is being read: its name as written, and where to say what is wrong with it. Readers return false after they have said so.
/// </summary>
/// <param name="Name">The key as written; of an array's element, the key of the array.</param>
/// <param name="Value">The value.</param>
/// <param name="Diagnostics">Receives errors and warnings.</param>
internal readonly record struct ConfigEntry(string Name, ConfigValue Value, OptionsDiagnostics Diagnostics)
{
    public object Content => Value.Content;

    /// <summary>The name by which messages call the type of the value.</summary>
    public string TypeName => ConfigValue.TypeName(Content);

    public void Fail(string reason) => Diagnostics.Error(Value.Position, reason);

    public bool TryText([NotNullWhen(true)] out string? text) => TryContent(out text, "string");

    public bool TryBoolean(out bool value) => TryContent(out value, "bool");

    public bool TryInteger(out long value) => TryContent(out value, "int64");

    /// <summary>Reads a map; anything else is an error.</summary>
    public bool TryMap([NotNullWhen(true)] out ConfigMap? map) => TryContent(out map, "map[string]interface {}");

    /// <summary>Reads an array; anything else is an error.</summary>
    public bool TryArray([NotNullWhen(true)] out ConfigArray? array) => TryContent(out array, "[]interface {}");

    /// <summary>Reads an integer that the server keeps in 32 bits.</summary>
    public bool TryInt(out int value)
    {
        value = 0;
        if (!TryInteger(out var number)) return false;
        value = unchecked((int)number);
        if (value == number) return true;
        Fail(number > 0 ? $"{Name} value is too big" : $"{Name} value is too small");
        return false;
    }

    /// <summary>Reads a duration; a bare number is seconds, with a warning.</summary>
    /// <param name="field">The name that messages use.</param>
    /// <param name="duration">The duration.</param>
    public bool TryDuration(string field, out TimeSpan duration)
    {
        if (Content is string) return TryDurationText($"error parsing {field}", out duration);
        duration = default;
        Diagnostics.WarnOfUse(Value.Position, field, $"{field} should be converted to a duration");
        if (!TryInteger(out var seconds)) return false;
        if (Math.Abs((decimal)seconds) > long.MaxValue / 1_000_000_000)
        {
            Fail($"{field} value is too big");
            return false;
        }
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>Reads a duration that must be a text.</summary>
    /// <param name="failure">What the message of a bad duration begins with.</param>
    /// <param name="duration">The duration.</param>
    public bool TryDurationText(string failure, out TimeSpan duration)
    {
        duration = default;
        if (!TryText(out var text)) return false;
        if (GoDuration.TryParse(text, out duration, out var error)) return true;
        Fail($"{failure}: {error}");
        return false;
    }

    /// <summary>Reads a number of seconds, or a duration with its unit.</summary>
    /// <param name="failure">What errors begin with.</param>
    /// <param name="seconds">As written: the caller bounds it.</param>
    public bool TrySeconds(string failure, out double seconds)
    {
        seconds = 0;
        switch (Content)
        {
            case long whole:
                seconds = whole;
                return true;
            case double number:
                seconds = number;
                return true;
            case string text:
                if (GoDuration.TryParse(text, out TimeSpan duration, out var error))
                {
                    seconds = duration.TotalSeconds;
                    return true;
                }

                Fail($"{failure} {error}");
                return false;
            default:
                Fail($"{failure} wrong type");
                return false;
        }
    }

    /// <summary>Reads a port, or a host and port.</summary>
    public bool TryListen(out HostPort address)
    {
        address = default;
        switch (Content)
        {
            case long:
                if (!TryInt(out var port)) return false;
                address = new HostPort("", port);
                return true;
            case string text:
                if (HostPort.TryParseListen(text, out address, out var error)) return true;
                Fail(error!);
                return false;
            default:
                Fail($"expected port or host:port, got {TypeName}");
                return false;
        }
    }

    private bool TryContent<T>([NotNullWhen(true)] out T? content, string wanted)
    {
        if (Content is T found)
        {
            content = found;
            return true;
        }
        content = default;
        Fail($"interface conversion: interface {{}} is {TypeName}, not {wanted}");
        return false;
    }
}
