using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Accounts;

/// <summary>What stands in exporting accounts for the subscriptions of importers.</summary>
public sealed class ImportedStreamsTests
{
    private static readonly NoSubscriber Nobody = new();

    private readonly Account _exporter = new("A");
    private readonly Account _importer = new("B");
    private int _lastSid;

    [Theory]
    [InlineData("foo.*", "", "foo.x", "foo.x")]
    [InlineData("foo.*", "", "foo.*", "foo.*")]
    [InlineData("foo.*", "", ">", "foo.*")]
    [InlineData("foo.*", "", "*.x", "foo.x")]
    [InlineData("foo.>", "", "*.*.x", "foo.*.x")]
    [InlineData("foo.*.*", "bar.$2.$1", "bar.y.x", "foo.x.y")]
    [InlineData("foo.*.*", "bar.$2.$1", "*.y.*", "foo.*.y")]
    [InlineData("foo.>", "bar.>", "bar.*.z", "foo.*.z")]
    [InlineData("foo", "bar", "*", "foo")]
    public void A_subscription_stands_for_what_it_has_in_common_with_the_import(string from, string to, string subscribed, string expected)
    {
        Import(new ImportOptions(ExportKind.Stream, "A", from) { To = to });
        Subscription subscription = Subscribe(subscribed);

        Assert.Equal(expected, Encoding.UTF8.GetString(Assert.Single(subscription.Shadows).Subject));
        Assert.Equal([subscription.Shadows[0]], Entries(_exporter));

        Unsubscribe(subscription);
        Assert.Empty(Entries(_exporter));
        Assert.Empty(Entries(_importer));
    }

    [Theory]
    [InlineData("bar")]
    [InlineData("foo")]
    [InlineData("foo.x.y")]
    [InlineData("*")]
    [InlineData("*.*.>")]
    public void A_subscription_that_has_nothing_in_common_with_the_import_stands_for_nothing(string subscribed)
    {
        Import(new ImportOptions(ExportKind.Stream, "A", "foo.*"));
        Assert.Empty(Subscribe(subscribed).Shadows);
        Assert.Empty(Entries(_exporter));
    }

    [Fact]
    public void Imports_that_come_and_go_are_followed_by_subscriptions_that_exist()
    {
        Subscription subscription = Subscribe("*");
        ImportOptions foo = new(ExportKind.Stream, "A", "foo");
        ImportOptions bar = new(ExportKind.Stream, "A", "bar");

        Import(foo);
        ShadowSubscription first = Assert.Single(subscription.Shadows);
        int generation = _exporter.Generation;
        Import(foo);
        Assert.Same(first, Assert.Single(subscription.Shadows));
        Assert.Equal(generation, _exporter.Generation);
        Import(foo, bar);
        Assert.Equal(["foo", "bar"], subscription.Shadows.Select(static shadow => Encoding.UTF8.GetString(shadow.Subject)));
        Import(bar);
        Assert.Equal("bar", Encoding.UTF8.GetString(Assert.Single(subscription.Shadows).Subject));
        Import();
        Assert.Empty(Entries(_exporter));
    }

    [Fact]
    public void The_shadows_of_a_subscription_give_no_shadows_themselves()
    {
        var third = new Account("C");
        Import(new ImportOptions(ExportKind.Stream, "A", "foo"));
        Model(_exporter, third, "foo");
        Subscribe("foo");
        Assert.Single(Entries(_exporter));
        Assert.Empty(Entries(third));
    }

    // Whoever comes first, the thread that subscribes or the one that changes the imports: nothing is left behind, and nothing is missing.
    [Fact]
    public async Task Subscriptions_and_changes_of_imports_may_meet()
    {
        ImportOptions foo = new(ExportKind.Stream, "A", "foo");
        using var stop = new CancellationTokenSource();
        Task changes = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    Import(foo);
                    Import();
                }
            },
            TestContext.Current.CancellationToken);
        Subscription[] kept = await Task.Run(
            () =>
            {
                for (int i = 0; i < 20_000; i++) Unsubscribe(Subscribe("foo"));
                return Enumerable.Range(0, 5).Select(_ => Subscribe("foo")).ToArray();
            },
            TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await changes;

        Assert.Empty(Entries(_exporter));
        Import(foo);
        Assert.Equal(kept.Length, Entries(_exporter).Count);
        _importer.Apply(AccountModel.Empty);
        Assert.Empty(Entries(_exporter));
        Assert.Equal(kept.Length, _importer.SubscriptionCount);
    }

    private void Import(params ImportOptions[] imports)
    {
        AccountOptions[] declared =
        [
            new() { Name = "A", Exports = [new ExportOptions(ExportKind.Stream, ">")] },
            new() { Name = "B", Imports = imports },
        ];
        _importer.Apply(AccountLinker.LinkAll(declared, name => name == "A" ? _exporter : _importer, static problem => Assert.Fail(problem))[1]);
    }

    private static void Model(Account importer, Account exporter, string subject)
    {
        AccountOptions[] declared =
        [
            new() { Name = exporter.Name, Exports = [new ExportOptions(ExportKind.Stream, ">")] },
            new() { Name = importer.Name, Imports = [new ImportOptions(ExportKind.Stream, exporter.Name, subject)] },
        ];
        importer.Apply(AccountLinker.LinkAll(declared, name => name == importer.Name ? importer : exporter, static problem => Assert.Fail(problem))[1]);
    }

    private Subscription Subscribe(string subject)
    {
        var subscription = new Subscription(Nobody, Encoding.UTF8.GetBytes(subject), null, Encoding.UTF8.GetBytes($"{Interlocked.Increment(ref _lastSid)}"));
        _importer.Insert(subscription);
        return subscription;
    }

    private void Unsubscribe(Subscription subscription)
    {
        subscription.IsClosed = true;
        _importer.Remove(subscription);
    }

    private static List<Subscription> Entries(Account account)
    {
        List<SublistEntry<Subscription>> entries = [];
        account.Read(sublist =>
        {
            sublist.CopyTo(entries);
            return true;
        });
        return [.. entries.Select(static entry => entry.Item)];
    }

    private sealed class NoSubscriber : Subscriber
    {
        public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer) => false;
    }
}
