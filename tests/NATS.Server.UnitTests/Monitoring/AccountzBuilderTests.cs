using System.Buffers;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Delivery;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class AccountzBuilderTests
{
    private readonly FakeMonitoredServer _server = new();

    [Fact]
    public void Without_a_name_the_accounts_are_listed_in_order()
    {
        _server.Accounts.Add(new AccountSnapshot { Name = "B", Sublist = default });
        _server.Accounts.Add(new AccountSnapshot { Name = "A", Sublist = default });
        Accountz accountz = AccountzBuilder.Build(new AccountzOptions(), _server, FakeMonitoredServer.Start)!;
        Assert.Equal(["$G", "A", "B"], accountz.Accounts!);
        Assert.Null(accountz.AccountDetail);
        Assert.Null(accountz.SystemAccount);
    }

    [Fact]
    public void An_account_that_does_not_exist_is_not_described()
    {
        Assert.Null(AccountzBuilder.Build(new AccountzOptions { Account = "x" }, _server, FakeMonitoredServer.Start));
        Assert.Equal("Account x does not exist", AccountzBuilder.NotFound("x"));
    }

    [Fact]
    public void Mappings_show_sums_of_weights_from_the_smallest()
    {
        AccountInfo info = Describe(new AccountOptions
        {
            Name = "A",
            Mappings = [new SubjectMappingOptions("w.*", [new("x.$1", 40, ""), new("y.$1", 50, "")])],
        });
        Assert.Equal(["w.$1 10", "x.$1 50", "y.$1 100"], info.Mappings!["w.*"].Select(static each => $"{each.Subject} {each.Weight}"));
    }

    [Fact]
    public void Waiting_requests_are_shown_by_the_subject_of_their_answer()
    {
        AccountInfo info = Describe(new AccountOptions { Name = "A" }, static detail => detail with
        {
            Responses = [new WaitingRequest("_R_.a.b", "inbox", "B", IsShared: true, IsMeasured: true, new ServiceLatencyOptions(0, "lat"), "{\"B3\":[\"1\"]}"u8.ToArray())],
        });
        var json = new ArrayBufferWriter<byte>();
        MonitoringJson.Write(json, info.Responses!, MonitoringJson.Default.IReadOnlyDictionaryStringAccountResponse, indented: false);
        Assert.Equal(
            """{"_R_.a.b":{"subject":"inbox","account":"B","to":"_R_.a.b","local_subject":"_R_.a.b","type":2,"invalid":false,"share":true,"tracking":true,"tracking_header":{"B3":["1"]},"latency":{"sampling":"headers","results":"lat"}}}""",
            Encoding.UTF8.GetString(json.WrittenSpan));
    }

    private AccountInfo Describe(AccountOptions declared, Func<AccountDetailSnapshot, AccountDetailSnapshot>? with = null)
    {
        AccountModel model = AccountLinker.LinkAll([declared], static name => new Account(name), static _ => { })[0];
        var detail = new AccountDetailSnapshot { Name = declared.Name, DisplayName = declared.Name, UpdatedAt = FakeMonitoredServer.Start, Sublist = default, Model = model };
        _server.Details.Add(with is null ? detail : with(detail));
        return AccountzBuilder.Build(new AccountzOptions { Account = declared.Name }, _server, FakeMonitoredServer.Start)!.AccountDetail!;
    }
}
