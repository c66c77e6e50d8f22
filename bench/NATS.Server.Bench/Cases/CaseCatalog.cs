using NATS.Server.Bench.Cases.JetStream;

namespace NATS.Server.Bench.Cases;

/// <summary>All cases and what each is to reach.</summary>
internal static class CaseCatalog
{
    private static readonly Targets SmallPublish = new() { Throughput = 4, Cpu = 0.3 };
    private static readonly Targets SmallDelivery = new() { Throughput = 4.5, Cpu = 0.2 };
    private static readonly Targets StreamTraffic = new() { Throughput = 3, Cpu = 0.35 };
    private static readonly Targets Secure = new() { Throughput = 1 };
    private static readonly Targets ManyToMany = new() { Throughput = 4, Cpu = 0.2 };

    private const string ServiceImport = """
        accounts {
          exporter { users: [{user: exporter, password: exporter}], exports: [{service: "bench.service.*"}] }
          importer { users: [{user: importer, password: importer}], imports: [{service: {account: exporter, subject: "bench.service.*"}}] }
        }

        """;

    public static IReadOnlyList<BenchCase> All { get; } =
    [
        new TrafficCase("pub-16", "publish only, 16 B") { Size = 16, Subscribers = 0, Targets = SmallPublish },
        new TrafficCase("pub-128", "publish only, 128 B") { Subscribers = 0, Targets = SmallPublish },
        new TrafficCase("1to1-16", "1:1, 16 B") { Size = 16, Targets = new() { Throughput = 6, Cpu = 0.15 } },
        new TrafficCase("1to1-128", "1:1, 128 B") { Targets = SmallDelivery },
        new TrafficCase("1to1-128-headers", "1:1, 128 B with headers") { HasHeaders = true, Targets = SmallDelivery },
        new TrafficCase("1to1-1024", "1:1, 1 KiB") { Size = 1024, Targets = new() { Throughput = 1.8, Cpu = 0.5 } },
        new TrafficCase("1to1-8192", "1:1, 8 KiB") { Size = 8192, Targets = new() { Throughput = 1.3, Cpu = 0.55 } },
        new TrafficCase("fanout-4", "fan-out 1:4, 128 B") { Subscribers = 4, Targets = ManyToMany },
        new TrafficCase("fanout-16", "fan-out 1:16, 128 B") { Subscribers = 16, Targets = ManyToMany },
        new TrafficCase("fanout-1000", "fan-out 1:1000, 128 B") { Subscribers = 1000, Targets = ManyToMany },
        new TrafficCase("fanin-4", "fan-in 4:1, 128 B") { Publishers = 4, Targets = ManyToMany },
        new TrafficCase("fanin-16", "fan-in 16:1, 128 B") { Publishers = 16, Targets = ManyToMany },
        new QueueCase("queue-8x4", "8 queue groups of 4, 128 B") { Targets = ManyToMany },
        new RequestCase("request-1", "request/reply, 1 in flight") { Targets = new() { Throughput = 1.2, Cpu = 0.5, P50 = 0.7 } },
        new RequestCase("request-16", "request/reply, 16 in flight") { InFlight = 16, Targets = new() { Throughput = 2, Cpu = 0.5, P50 = 0.7 } },
        new RequestCase("request-16x1", "request/reply, 16 pairs with 1 in flight each") { Requesters = 16, IsSlow = true },
        new RequestCase("import-1", "request/reply over a service import, 1 in flight")
        {
            IsImported = true,
            Configuration = ServiceImport,
            Targets = new() { Throughput = 1.2, Cpu = 0.5, P50 = 0.8 },
        },
        new RequestCase("import-16", "request/reply over a service import, 16 in flight")
        {
            IsImported = true,
            InFlight = 16,
            Configuration = ServiceImport,
            Targets = new() { Throughput = 2, Cpu = 0.5, P50 = 0.7 },
        },
        new WildCase("wild-100k", "100,000 wildcard subscriptions") { Targets = new() { Throughput = 3, Cpu = 0.35 } },
        new TrafficCase("portable-1to1-128", "portable engine, 1:1, 128 B")
        {
            OurConfiguration = "connection_engine: portable\n",
            Targets = new() { Throughput = 3, Cpu = 0.3 },
        },
        new TrafficCase("tls-pub-128", "TLS, publish only, 128 B") { Subscribers = 0, IsSecure = true, Targets = Secure },
        new TrafficCase("tls-1to1-16", "TLS, 1:1, 16 B") { Size = 16, IsSecure = true, Targets = Secure },
        new TrafficCase("tls-1to1-128", "TLS, 1:1, 128 B") { IsSecure = true, Targets = Secure },
        new TrafficCase("tls-1to1-8192", "TLS, 1:1, 8 KiB") { Size = 8192, IsSecure = true, Targets = Secure },
        new TrafficCase("tls-fanout-4", "TLS, fan-out 1:4, 128 B") { Subscribers = 4, IsSecure = true, Targets = Secure },
        new RequestCase("tls-request-1", "TLS, request/reply, 1 in flight") { IsSecure = true, IsSlow = true },
        new RequestCase("tls-request-16", "TLS, request/reply, 16 in flight") { InFlight = 16, IsSecure = true, Targets = Secure },
        new IdleCase("tls-idle-2000", "TLS, 2,000 idle connections") { Connections = 2000, IsSecure = true, IsSlow = true },
        new TrafficCase("account-1to1-128", "user of an account, 1:1, 128 B") { Configuration = AccountConfigurations.Plain, Targets = SmallDelivery },
        new TrafficCase("permissions-1to1-128", "100 allowed and 100 denied subjects, 1:1, 128 B")
        {
            Configuration = AccountConfigurations.Permissions,
            Targets = SmallDelivery,
        },
        new TrafficCase("mapped-1to1-128", "subject mapping, 1:1, 128 B")
        {
            Configuration = AccountConfigurations.Mappings,
            PublishedSubject = AccountConfigurations.MappedSubject,
            Targets = SmallDelivery,
        },
        new TrafficCase("import-1to1-128", "stream of another account, 1:1, 128 B")
        {
            Configuration = AccountConfigurations.Import,
            SubscribingUser = AccountConfigurations.ImportingUser,
            Targets = SmallDelivery,
        },
        new TrafficCase("stalled", "1:4, 128 B, and one that stops reading") { Subscribers = 4, AddsStalledSubscriber = true, IsSlow = true },
        new LoginCase("nkey-logins", "logins with a key") { Configuration = LoginCase.Users, Targets = new() { Throughput = 0.7 } },
        new LoginStormCase("login-storm", "request/reply, 1 in flight, while others log in") { Configuration = LoginCase.Users },
        new IdleCase("idle-5000", "5,000 idle connections") { Targets = new() { Memory = 0.3 } },
        new IdleCase("idle-10000", "10,000 idle connections") { Connections = 10_000, IsSlow = true },
        new StartCase("start", "start") { Targets = new() { StartMilliseconds = 150, IdleMib = 60 } },
        new PublishCase("js-publish-file", "stream of files, 1 publisher with 4,000 in flight, 128 B") { Configuration = JetStreamConfigurations.Relaxed, Targets = StreamTraffic },
        new PublishCase("js-publish-memory", "stream in memory, 1 publisher with 4,000 in flight, 128 B")
        {
            IsMemory = true,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = StreamTraffic,
        },
        new PublishCase("js-publish-sync-1", "stream of files, 1 publisher with 1 in flight, 128 B")
        {
            InFlight = 1,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = new() { Throughput = 1.3, Cpu = 0.6 },
        },
        new PublishCase("js-publish-sync-8", "stream of files, 8 publishers with 1 in flight, 128 B")
        {
            InFlight = 1,
            Publishers = 8,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = new() { Throughput = 1.3, Cpu = 0.6 },
        },
        new PublishCase("js-publish-always", "stream of files, always synced, 16 publishers with 250 in flight, 128 B")
        {
            InFlight = 250,
            Publishers = 16,
            Configuration = JetStreamConfigurations.Always,
            Targets = new() { Throughput = 50 },
        },
        new PublishCase("js-publish-default", "stream of files, each server's default (ours is durable), 1 publisher with 4,000 in flight, 128 B")
        {
            Configuration = JetStreamConfigurations.Default,
            Targets = new() { Throughput = 1 },
        },
        new ConsumeCase("js-ordered", "ordered consumer, pulled by 500, 128 B") { Configuration = JetStreamConfigurations.Relaxed, Targets = StreamTraffic },
        new ConsumeCase("js-ordered-push", "ordered consumer, pushed with flow control, 128 B")
        {
            IsPushed = true,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = StreamTraffic,
        },
        new ConsumeCase("js-pull-acks", "pull consumer with explicit acks, by 500, 128 B")
        {
            Acknowledges = true,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = new() { Throughput = 3, Cpu = 0.4 },
        },
        new ConsumeCase("js-fetch-1", "fetch of 1 with explicit acks, 128 B")
        {
            Acknowledges = true,
            Batch = 1,
            Threshold = 0,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = new() { Throughput = 1.3 },
        },
        new ConsumeCase("js-fetch-100", "fetch of 100 with explicit acks, 128 B")
        {
            Acknowledges = true,
            Batch = 100,
            Threshold = 0,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = new() { Throughput = 2.5 },
        },
        new KeyCase("js-kv-put", "put of 1 million keys, 64 in flight, 128 B") { Configuration = JetStreamConfigurations.Relaxed, Targets = new() { Throughput = 2 } },
        new KeyCase("js-kv-get", "get of 1 million keys, 64 in flight, 128 B")
        {
            Gets = true,
            Configuration = JetStreamConfigurations.Relaxed,
            Targets = new() { Throughput = 2 },
        },
        new ManyConsumersCase("js-consumers-1000", "1,000 consumers of one stream, 1 message/s each") { Configuration = JetStreamConfigurations.Relaxed, Targets = new() { Cpu = 0.5 } },
    ];

    /// <param name="name">A name, or the beginning of names with an asterisk behind it.</param>
    /// <exception cref="UsageException">No case has such a name.</exception>
    public static IEnumerable<BenchCase> FindAll(string name)
    {
        if (!name.EndsWith('*')) return [Find(name)];
        var found = All.Where(candidate => candidate.Name.StartsWith(name[..^1], StringComparison.Ordinal)).ToList();
        return found.Count > 0 ? found : throw new UsageException($"no case is called {name}; see: nats-loadgen list");
    }

    /// <exception cref="UsageException">No case has that name.</exception>
    public static BenchCase Find(string name) =>
        All.FirstOrDefault(candidate => candidate.Name == name) ?? throw new UsageException($"no case is called {name}; see: nats-loadgen list");
}
