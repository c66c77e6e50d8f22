using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>Pure. Whole numbers in text, as the reference reads them.</summary>
internal static class GoInteger
{
    /// <summary>Reads decimal digits after an optional sign.</summary>
    /// <param name="text">Nothing is trimmed.</param>
    /// <param name="number">The number.</param>
    /// <param name="problem">What the reference says.</param>
    /// <param name="function">The function of the reference that reads it, which it names.</param>
    public static bool TryParse(string text, out long number, [NotNullWhen(false)] out string? problem, string function = "Atoi")
    {
        problem = null;
        ReadOnlySpan<char> digits = text.Length > 0 && text[0] is '+' or '-' ? text.AsSpan(1) : text;
        number = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9')) problem = $"strconv.{function}: parsing {GoFormat.Quote(text)}: invalid syntax";
        else if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) problem = $"strconv.{function}: parsing {GoFormat.Quote(text)}: value out of range";
        return problem is null;
    }
}
