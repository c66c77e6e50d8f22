using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>
/// Compares two monitoring answers: same names in the same order, same types, same omissions, equal values, except for what must differ between
/// two runs: ids, ports, times and runtime figures have to look alike only.
/// </summary>
internal static partial class JsonShape
{
    // Differ by nature; their form is compared.
    private static readonly Dictionary<string, Regex> Forms = new(StringComparer.Ordinal)
    {
        ["server_id"] = ServerId(),
        ["server_name"] = ServerId(),
        ["go"] = Anything(),
        ["start"] = Time(),
        ["now"] = Time(),
        ["last_activity"] = Time(),
        ["stop"] = Time(),
        ["config_load_time"] = Time(),
        ["uptime"] = Age(),
        ["idle"] = Age(),
        ["rtt"] = RoundTrip(),
    };

    // Figures of the runtime, or of a cache that works differently; only that they are numbers is compared.
    private static readonly HashSet<string> Figures = new(StringComparer.Ordinal)
    {
        "port", "mem", "cpu", "num_cache", "num_matches", "cache_hit_rate", "max_fanout", "avg_fanout", "pending_bytes",
    };

    // Go keeps these in maps: their order says nothing.
    private static readonly HashSet<string> Unordered = new(StringComparer.Ordinal)
    {
        "subscriptions_list", "subscriptions_list_detail", "accounts", "account_statz", "exports", "imports", "approved_accounts",
    };

    /// <summary>Every difference, each with its path; empty when there is none.</summary>
    public static IReadOnlyList<string> Differences(string reference, string ours, params string[] ignored)
    {
        var found = new List<string>();
        using JsonDocument first = JsonDocument.Parse(reference);
        using JsonDocument second = JsonDocument.Parse(ours);
        Compare("$", "", first.RootElement, second.RootElement, [.. ignored], found);
        return found;
    }

    /// <summary>Fails with all differences, which the assertions of the library would cut.</summary>
    public static void AssertNone(IReadOnlyCollection<string> differences)
    {
        if (differences.Count > 0) Assert.Fail(string.Join(Environment.NewLine, differences));
    }

    private static void Compare(string path, string name, JsonElement reference, JsonElement ours, HashSet<string> ignored, List<string> found)
    {
        bool areBooleans = reference.ValueKind is JsonValueKind.True or JsonValueKind.False && ours.ValueKind is JsonValueKind.True or JsonValueKind.False;
        if (reference.ValueKind != ours.ValueKind && !areBooleans)
        {
            found.Add($"{path}: {reference.ValueKind} in the reference, {ours.ValueKind} in ours");
            return;
        }

        switch (reference.ValueKind)
        {
            case JsonValueKind.Object:
                CompareObjects(path, reference, ours, ignored, found);
                break;
            case JsonValueKind.Array:
                CompareArrays(path, name, reference, ours, ignored, found);
                break;
            default:
                if (!AreAlike(name, reference, ours)) found.Add($"{path}: {reference.GetRawText()} in the reference, {ours.GetRawText()} in ours");
                break;
        }
    }

    private static void CompareObjects(string path, JsonElement reference, JsonElement ours, HashSet<string> ignored, List<string> found)
    {
        string[] names = [.. reference.EnumerateObject().Select(x => x.Name).Where(x => !ignored.Contains(x))];
        string[] ourNames = [.. ours.EnumerateObject().Select(x => x.Name).Where(x => !ignored.Contains(x))];
        if (!names.SequenceEqual(ourNames)) found.Add($"{path}: names [{string.Join(' ', names)}] in the reference, [{string.Join(' ', ourNames)}] in ours");
        foreach (string name in names.Intersect(ourNames))
        {
            Compare($"{path}.{name}", name, reference.GetProperty(name), ours.GetProperty(name), ignored, found);
        }
    }

    private static void CompareArrays(string path, string name, JsonElement reference, JsonElement ours, HashSet<string> ignored, List<string> found)
    {
        JsonElement[] first = [.. reference.EnumerateArray()];
        JsonElement[] second = [.. ours.EnumerateArray()];
        if (Unordered.Contains(name))
        {
            first = [.. first.OrderBy(x => x.GetRawText(), StringComparer.Ordinal)];
            second = [.. second.OrderBy(x => x.GetRawText(), StringComparer.Ordinal)];
        }

        if (first.Length != second.Length) found.Add($"{path}: {first.Length} entries in the reference, {second.Length} in ours");
        for (int i = 0; i < Math.Min(first.Length, second.Length); i++) Compare($"{path}[{i}]", name, first[i], second[i], ignored, found);
    }

    private static bool AreAlike(string name, JsonElement reference, JsonElement ours)
    {
        if (reference.ValueKind == JsonValueKind.String && Forms.TryGetValue(name, out Regex? form))
        {
            // Equal when empty: an unknown account is answered without a server id.
            return reference.GetString() == ours.GetString() || (form.IsMatch(reference.GetString()!) && form.IsMatch(ours.GetString()!));
        }

        return (reference.ValueKind == JsonValueKind.Number && Figures.Contains(name)) || reference.GetRawText() == ours.GetRawText();
    }

    [GeneratedRegex("^N[A-Z2-7]{55}$")]
    private static partial Regex ServerId();

    [GeneratedRegex(".")]
    private static partial Regex Anything();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[+-]\d\d:\d\d)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Time();

    [GeneratedRegex(@"^(\d+y)?(\d+d)?(\d+h)?(\d+m)?\d+s$", RegexOptions.ExplicitCapture)]
    private static partial Regex Age();

    [GeneratedRegex(@"^\d+(\.\d*[1-9])?(ns|µs|ms|s)$", RegexOptions.ExplicitCapture)]
    private static partial Regex RoundTrip();
}
