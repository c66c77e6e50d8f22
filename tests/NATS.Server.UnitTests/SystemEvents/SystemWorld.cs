using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Connections.Portable;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.Sessions;
using NATS.Server.SystemEvents;
using NATS.Server.Testing;
using NATS.Server.UnitTests.Monitoring;

namespace NATS.Server.UnitTests.SystemEvents;

/// <summary>Owned by one test. A system account and the accounts A and B, without connections and on a clock that stands still.</summary>
internal sealed class SystemWorld : IDisposable
{
    private readonly ProcessUsageSampler _usage;
    private readonly List<string> _received = [];

    public SystemWorld()
    {
        var clock = new EngineClock(Time);
        Engine = new PortableEngine(clock, new BlockPool(), static problem => throw problem);
        var options = new ServerOptions { ServerName = "world", Accounts = [new AccountOptions { Name = "A" }, new AccountOptions { Name = "B" }] };
        Accounts.Configure(options, static problem => throw new InvalidOperationException(problem));
        Server = new ServerContext(options, Accounts, clock, NullLogger.Instance);
        Server.Authenticator = new Authenticator(options, new AuthenticatorParts());
        Server.Info = new ServerInfo { ServerId = "NID", ServerName = "world", Host = "h" };
        _usage = new ProcessUsageSampler(Time);
        Monitor = new ServerMonitor(new FakeMonitoredServer(), _usage, Time);
        Stamp = new ServerStamp(Server);
        Publisher = new EventPublisher(Engine, NullLogger.Instance);
    }

    public FakeTimeProvider Time { get; } = new();

    public PortableEngine Engine { get; }

    public AccountRegistry Accounts { get; } = new();

    public ServerContext Server { get; }

    public ServerMonitor Monitor { get; }

    public ServerStamp Stamp { get; }

    public EventPublisher Publisher { get; }

    /// <summary>Subjects and payloads of what was published to those who listened, in order.</summary>
    public IReadOnlyList<string> Received
    {
        get
        {
            // What waits is published by the pool.
            Eventually.Equal(0, () => Publisher.Queued, "events are published");
            lock (_received) return [.. _received];
        }
    }

    /// <summary>Begins to remember what is published in the system account.</summary>
    public void Listen(string subject)
    {
        new InternalClient(Accounts.System!, Engine).Subscribe(Encoding.UTF8.GetBytes(subject), Remember);

        void Remember(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
        {
            lock (_received) _received.Add(Encoding.UTF8.GetString(message.Subject) + " " + Encoding.UTF8.GetString(message.Payload));
        }
    }

    /// <summary>The figures of an account that nothing was sent in.</summary>
    public static AccountStat FiguresOf(Account account) => AccountStatzBuilder.Describe(new AccountStatSnapshot
    {
        Name = account.Name,
        DisplayName = account.Name,
        Clients = account.Connections,
    });

    /// <summary>A field of what was received.</summary>
    public static string Field(string received, string name)
    {
        using JsonDocument json = JsonDocument.Parse(received[received.IndexOf('{', StringComparison.Ordinal)..]);
        return json.RootElement.GetProperty(name).ToString();
    }

    public void Dispose()
    {
        _usage.Dispose();
        Engine.Dispose();
    }
}
