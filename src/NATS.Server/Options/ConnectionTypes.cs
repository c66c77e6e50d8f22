using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>The kinds of connections that a user can be limited to. Thread-safe.</summary>
public static class ConnectionTypes
{
    public const string Standard = "STANDARD";
    public const string Websocket = "WEBSOCKET";
    public const string Leafnode = "LEAFNODE";
    public const string LeafnodeWebsocket = "LEAFNODE_WS";
    public const string Mqtt = "MQTT";
    public const string MqttWebsocket = "MQTT_WS";
    public const string InProcess = "IN_PROCESS";

    private static readonly HashSet<string> All =
        new(StringComparer.Ordinal) { Standard, Websocket, Leafnode, LeafnodeWebsocket, Mqtt, MqttWebsocket, InProcess };

    /// <summary>Whether an upper-case name is a connection type.</summary>
    public static bool IsKnown(string type) => All.Contains(type);

    // A type or an array of types, in any case; unknown ones are one error.
    internal static IReadOnlyList<string> Read(ConfigEntry entry)
    {
        var written = new List<string>();
        switch (entry.Content)
        {
            case string type:
                written.Add(type);
                break;
            case ConfigArray array:
                foreach (var item in array)
                {
                    if (item.Content is string type)
                        written.Add(type);
                    else
                        entry.Diagnostics.Error(item.Position, $"error parsing allowed connection types: unsupported type in array {ConfigValue.TypeName(item.Content)}");
                }
                break;
            default:
                entry.Fail($"error parsing allowed connection types: unsupported type {entry.TypeName}");
                return [];
        }
        var types = written.Select(static type => type.ToUpperInvariant()).Distinct(StringComparer.Ordinal).ToLookup(IsKnown);
        if (types[false].Any()) entry.Fail($"invalid connection types [{string.Join(' ', types[false].Select(GoFormat.Quote))}]");
        return [.. types[true]];
    }
}
