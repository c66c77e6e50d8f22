using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Config;

namespace NATS.Server.Host.StoreCommands;

/// <summary>What a configuration file says of the store. Immutable.</summary>
/// <param name="StoreDirectory">Empty when it does not say.</param>
/// <param name="Key">Null for none.</param>
/// <param name="PreviousKey">Null for none.</param>
/// <param name="Cipher">As it is written; null for none.</param>
internal sealed record JetStreamSettings(string StoreDirectory, string? Key, string? PreviousKey, string? Cipher)
{
    /// <summary>Reads a configuration with the parser of the server; the rest of it may be anything.</summary>
    public static bool TryRead(string file, [NotNullWhen(true)] out JetStreamSettings? settings, [NotNullWhen(false)] out string? problem)
    {
        settings = null;
        ConfigParseResult parsed = ConfigParser.ParseFile(file, new ConfigSources(ReadFile, Environment.GetEnvironmentVariable));
        if (!parsed.TryGetRoot(out ConfigMap? root, out problem)) return false;
        ConfigMap? jetStream = Find(root, "jetstream") as ConfigMap;
        settings = new JetStreamSettings(
            Text(jetStream, "store_dir", "storedir", "store") ?? Text(root, "store_dir", "storedir") ?? "",
            Text(jetStream, "key", "ek", "encryption_key"),
            Text(jetStream, "prev_key", "prev_ek", "prev_encryption_key"),
            Text(jetStream, "cipher"));
        return true;
    }

    private static string? Text(ConfigMap? map, params ReadOnlySpan<string> names) => map is null ? null : Find(map, names) as string;

    private static object? Find(ConfigMap map, params ReadOnlySpan<string> names)
    {
        object? found = null;
        foreach ((string name, ConfigValue value) in map)
        {
            foreach (string wanted in names)
            {
                if (name.Equals(wanted, StringComparison.OrdinalIgnoreCase)) found = value.Content;
            }
        }

        return found;
    }

    private static ConfigFile ReadFile(string path)
    {
        try
        {
            return new ConfigFile(File.ReadAllBytes(path));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new ConfigFile(default, ErrorText.FileError("open", path, problem));
        }
    }
}
