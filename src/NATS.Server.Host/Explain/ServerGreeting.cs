using System.Text.Json;
using NATS.Server.Host.Top;

namespace NATS.Server.Host.Explain;

/// <summary>What a server has said about itself, and about who one is there. Immutable.</summary>
internal sealed record ServerGreeting
{
    public string Id { get; private init; } = "";

    public string Name { get; private init; } = "";

    public string Version { get; private init; } = "";

    public string Nonce { get; private init; } = "";

    public bool RequiresTls { get; private init; }

    public bool OffersTls { get; private init; }

    /// <summary>It asks clients for a certificate.</summary>
    public bool AsksForCertificate { get; private init; }

    /// <summary>The account one is in; empty as long as the server has not said.</summary>
    public string Account { get; private init; } = "";

    /// <summary>Whether that is the system account; null as long as the server has not said.</summary>
    public bool? IsSystemAccount { get; private init; }

    /// <summary>Reads the JSON of the first INFO.</summary>
    /// <exception cref="ExplainException">It is none.</exception>
    public static ServerGreeting Read(string info) => Parse(info, static json => new ServerGreeting
    {
        Id = json.Text("server_id"),
        Name = json.Text("server_name"),
        Version = json.Text("version"),
        Nonce = json.Text("nonce"),
        RequiresTls = IsSet(json, "tls_required"),
        OffersTls = IsSet(json, "tls_required") || IsSet(json, "tls_available"),
        AsksForCertificate = IsSet(json, "tls_verify"),
    });

    /// <summary>Takes in a later INFO: one of them says what account the client is in.</summary>
    /// <exception cref="ExplainException">It is none.</exception>
    public ServerGreeting After(string info) => Parse(info, json =>
        IsSet(json, "connect_info") ? this with { Account = json.Text("remote_account"), IsSystemAccount = IsSet(json, "acc_is_sys") } : this);

    private static ServerGreeting Parse(string info, Func<JsonElement, ServerGreeting> read)
    {
        try
        {
            using var json = JsonDocument.Parse(info);
            return read(json.RootElement);
        }
        catch (JsonException problem)
        {
            throw new ExplainException("the server's INFO cannot be read", inner: problem);
        }
    }

    private static bool IsSet(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
