using NATS.Server.Core.Config;
using NATS.Server.Core.Security;

namespace NATS.Server.Options;

/// <summary>Reads the <c>proxies</c> block: the keys of proxies that may vouch for clients. Pure.</summary>
internal static class ProxiesReader
{
    private static readonly BlockReader<IReadOnlyList<string>> Keys = new(
        new KeyReader<IReadOnlyList<string>>("trusted", (trusted, e) => ReadTrusted(e) ?? trusted));

    private static readonly BlockReader<string> EntryKeys = new(new KeyReader<string>("key public_key", ReadKey));

    /// <summary>The keys; <paramref name="earlier"/> when it is no block. An entry without a key gives an empty one, which a start refuses.</summary>
    public static IReadOnlyList<string> Read(IReadOnlyList<string> earlier, ConfigEntry entry)
    {
        if (entry.Content is ConfigMap map) return Keys.Read(map, [], entry.Diagnostics);
        entry.Fail($"expected proxies to be a map/struct, got {entry.TypeName}");
        return earlier;
    }

    /// <summary>Whether a text is a public key of any role.</summary>
    public static bool IsPublicKey(string text) => Nkey.TryParse(text, out _);

    private static List<string>? ReadTrusted(ConfigEntry entry)
    {
        if (entry.Content is not ConfigArray array)
        {
            entry.Fail($"expected proxies' trusted field to be an array, got {entry.TypeName}");
            return null;
        }
        var trusted = new List<string>();
        foreach (var item in array)
        {
            if (item.Content is ConfigMap map)
                trusted.Add(EntryKeys.Read(map, "", entry.Diagnostics));
            else
                entry.Diagnostics.Error(item.Position, $"expected proxies' trusted entry to be a map/struct, got {ConfigValue.TypeName(item.Content)}");
        }
        return trusted;
    }

    private static string ReadKey(string earlier, ConfigEntry entry)
    {
        if (!entry.TryText(out var key)) return earlier;
        if (!IsPublicKey(key)) entry.Fail($"invalid proxy key {GoFormat.Quote(key)}");
        return key;
    }
}
