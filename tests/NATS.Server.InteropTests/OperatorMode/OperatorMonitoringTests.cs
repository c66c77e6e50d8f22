using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.OperatorMode;

/// <summary>What monitoring shows of accounts and users that are known by tokens, of both servers.</summary>
public sealed class OperatorMonitoringTests
{
    private readonly OperatorSetup _operator = new();

    // They would tell when the server was started; or are of subscriptions and imports that the servers have for themselves.
    private static readonly string[] Changing = ["now", "server_id", "update_time", "imports", "exports", "subscriptions", "sublist_stats"];

    private static readonly string[] Shown = ["authorized_user", "account", "jwt", "issuer_key", "name_tag", "tags", "reason"];

    [Fact]
    public async Task Both_show_what_the_token_of_an_account_says()
    {
        AccountSetup system = _operator.AddAccount("SYS");
        NkeyPair gone = _operator.NewKey(NkeyRole.User);
        AccountSetup exporter = _operator.AddAccount("EXPORTER", static claims => claims with
        {
            Exports = [new ClaimExport { Name = "private", Subject = "private", Kind = ExportKind.Service, TokenRequired = true }],
        });
        AccountSetup account = _operator.AddAccount("APP", claims => claims with
        {
            Tags = ["blue", "fast"],
            Description = "<about>",
            Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { [gone.ToString()] = 1_700_000_000, ["*"] = 1 }),
            Exports =
            [
                new ClaimExport
                {
                    Name = "service", Subject = "svc.*", Kind = ExportKind.Service, TokenRequired = true,
                    Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { [exporter.Id] = 1_700_000_001 }),
                },
                new ClaimExport { Name = "stream", Subject = "st.>", Kind = ExportKind.Stream },
            ],
            Imports = [new ClaimImport { Name = "i", Subject = "private", Account = exporter.Id, LocalSubject = "mine", Kind = ExportKind.Service, Token = "" }],
        });
        await OperatorPlay.CompareAsync(_operator.Configuration(system) + "http: 127.0.0.1:-1\n", system, async play =>
        {
            await using RawClient client = await play.LoginAsync(account.AddUser("u"));
            foreach (AccountSetup each in (AccountSetup[])[account, system, exporter])
            {
                JsonElement detail = (await GetAsync(play, $"/accountz?acc={each.Id}")).GetProperty("account_detail");
                foreach (JsonProperty property in detail.EnumerateObject().Where(static property => !Changing.Contains(property.Name)))
                    play.Note($"{each.Claims.Name} {property.Name}", JsonSerializer.Serialize(property.Value));
            }

            JsonElement own = (await GetAsync(play, $"/accountz?acc={account.Id}")).GetProperty("account_detail");
            foreach (JsonElement export in own.GetProperty("exports").EnumerateArray().OrderBy(static export => export.GetRawText(), StringComparer.Ordinal))
                play.Note("export", JsonSerializer.Serialize(export));
        });
    }

    [Fact]
    public async Task Both_show_the_tokens_of_users_that_are_connected_and_that_were()
    {
        AccountSetup system = _operator.AddAccount("SYS");
        AccountSetup account = _operator.AddAccount("APP");
        UserSetup user = account.AddUser("user", static claims => claims with { Tags = ["blue"] });
        UserSetup bearer = account.AddUser("bearer", static claims => claims with { Rights = claims.Rights with { IsBearer = true } });
        await OperatorPlay.CompareAsync(_operator.Configuration(system) + "http: 127.0.0.1:-1\n", system, async play =>
        {
            await using RawClient client = await play.LoginAsync(user);
            await NoteConnectionsAsync(play, "open", "auth=1");
            await NoteConnectionsAsync(play, "open, without asking", "");
            foreach (UserSetup each in (UserSetup[])[user, bearer])
            {
                RawClient leaver = await play.LoginAsync(each);
                await leaver.DisposeAsync();
            }

            JsonElement closed;
            do closed = await GetAsync(play, "/connz?state=closed");
            while (closed.GetProperty("num_connections").GetInt32() < 2);
            await NoteConnectionsAsync(play, "closed", "state=closed&auth=1");
            await NoteConnectionsAsync(play, "closed, without asking", "state=closed");
        });
    }

    [Fact]
    public async Task Both_show_operators_and_the_system_account_in_varz()
    {
        AccountSetup system = _operator.AddAccount("SYS");
        AccountSetup account = _operator.AddAccount("APP");
        string config = _operator.Configuration(system) + $"http: 127.0.0.1:-1\nresolver_pinned_accounts: [{system.Id}]\n";
        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await play.LoginAsync("not pinned", account.AddUser("u"));
            await play.VarzAsync("trusted_operators_jwt", "trusted_operators_claim", "system_account", "pinned_account_fails", "auth_required");
        });
    }

    private static async Task NoteConnectionsAsync(OperatorPlay play, string what, string query)
    {
        foreach (JsonElement connection in (await GetAsync(play, "/connz?" + query)).GetProperty("connections").EnumerateArray())
        {
            string fields = string.Join(' ', connection.EnumerateObject().Where(static field => Shown.Contains(field.Name)).Select(static field => $"{field.Name}={field.Value.GetRawText().ReplaceLineEndings("")}"));
            play.Note(what, fields.Replace(" ", "", StringComparison.Ordinal));
        }
    }

    private static async Task<JsonElement> GetAsync(OperatorPlay play, string target)
    {
        using var http = new HttpClient();
        using JsonDocument answer = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{play.Server.MonitorPort}{target}")));
        return answer.RootElement.Clone();
    }
}
