using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NATS.Server.Core.Jwt;

/// <summary>The least server version that an operator accepts.</summary>
public readonly record struct AssertedVersion(int Major, int Minor, int Update)
{
    /// <summary>Reads the version.</summary>
    /// <param name="text"><c>major.minor.update</c>; empty for 0.0.0.</param>
    /// <param name="version">What it says.</param>
    /// <param name="error">Why it says nothing.</param>
    public static bool TryParse(string text, out AssertedVersion version, [NotNullWhen(false)] out string? error)
    {
        version = default;
        error = null;
        if (text.Length == 0) return true;
        string[] parts = text.Split('.');
        if (parts.Length != 3)
        {
            error = "asserted server version must be of the form <major>.<minor>.<update>";
            return false;
        }

        Span<int> numbers = stackalloc int[3];
        for (int i = 0; i < 3; i++)
        {
            if (int.TryParse(parts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i])) continue;
            error = $"asserted server version cant parse {parts[i]} to int";
            return false;
        }

        if (numbers[0] < 0 || numbers[1] < 0 || numbers[2] < 0)
        {
            error = "asserted server version can'b contain negative values: " + text;
            return false;
        }

        version = new AssertedVersion(numbers[0], numbers[1], numbers[2]);
        return true;
    }
}
