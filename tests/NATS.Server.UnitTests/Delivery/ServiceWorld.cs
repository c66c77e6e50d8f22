using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Connections.Portable;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Options;
using NATS.Server.Testing;

namespace NATS.Server.UnitTests.Delivery;

/// <summary>Owned by one test. Accounts with service imports, without connections and on a clock that stands still.</summary>
internal sealed class ServiceWorld
{
    public ServiceWorld(params AccountOptions[] accounts)
    {
        var clock = new EngineClock(Time);
        Clock = clock;
        Engine = new PortableEngine(clock, new BlockPool(), static problem => throw problem);
        Router = new ServiceRouter(Accounts, clock, Engine, "world");
        Accounts.Applied = account => Router.SetImports(account, account.Model.ServiceImports);
        Accounts.Removed = Router.Remove;
        Configure(accounts);
    }

    public FakeTimeProvider Time { get; } = new();

    public EngineClock Clock { get; }

    public PortableEngine Engine { get; }

    public AccountRegistry Accounts { get; } = new();

    public ServiceRouter Router { get; }

    /// <summary>An account that exports <c>req.*</c>.</summary>
    public static AccountOptions Exporter(ServiceResponseType responses = ServiceResponseType.Singleton, TimeSpan threshold = default, string name = "B") =>
        new() { Name = name, Exports = [new ExportOptions(ExportKind.Service, "req.*") { ResponseType = responses, ResponseThreshold = threshold }] };

    /// <summary>An account that imports it.</summary>
    public static AccountOptions Importer(string name = "A", string exporter = "B") =>
        new() { Name = name, Imports = [new ImportOptions(ExportKind.Service, exporter, "req.*")] };

    public void Configure(params AccountOptions[] accounts) =>
        Accounts.Configure(new ServerOptions { Accounts = accounts }, static problem => throw new InvalidOperationException(problem));

    public Account Account(string name) => Accounts.GetOrAdd(name);

    /// <summary>The server as a client of an account.</summary>
    public InternalClient Client(string account) => new(Account(account), Engine);

    /// <summary>A responder that writes down what it is asked and answers nothing by itself.</summary>
    public ServicePeer Peer(string account, string subject)
    {
        var peer = new ServicePeer(Client(account));
        peer.Subscription = peer.Client.Subscribe(Encoding.UTF8.GetBytes(subject), peer.OnMessage);
        return peer;
    }

    /// <summary>Publishes as a client that may be known to responders.</summary>
    public int Publish(string account, string subject, string reply, string headers, string payload, Subscriber producer)
    {
        LoopContext loop = Engine.Rent();
        try
        {
            return InnerDelivery.Publish(loop, Account(account), Bytes(subject), Bytes(reply), Bytes(headers), Bytes(payload), producer);
        }
        finally
        {
            Engine.Return(loop);
        }
    }

    public void Sweep() => Router.Sweep(Clock.NowMs);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}

/// <summary>Owned by one test. Something that subscribes and remembers what it gets.</summary>
internal sealed class ServicePeer(InternalClient client)
{
    public InternalClient Client => client;

    public Subscription Subscription { get; set; } = null!;

    /// <summary>What was delivered: subject, reply, headers, payload.</summary>
    public List<(string Subject, string Reply, string Headers, string Payload)> Received { get; } = [];

    public string LastReply => Received[^1].Reply;

    public int Publish(string subject, string reply = "", string payload = "x") =>
        client.Publish(ServiceWorld.Bytes(subject), ServiceWorld.Bytes(reply), default, ServiceWorld.Bytes(payload));

    public void OnMessage(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        string body = Encoding.Latin1.GetString(message.Body[Math.Max(0, message.HeaderSize)..^2]);
        Received.Add((Encoding.Latin1.GetString(message.Subject), Encoding.Latin1.GetString(message.Reply), Encoding.Latin1.GetString(message.Headers), body));
    }
}

/// <summary>A client that has an identity and receives nothing. Immutable.</summary>
internal sealed class KnownClient(ClientIdentity identity, long roundTripNs = 5) : Subscriber
{
    public override ClientIdentity? Identity => identity;

    public override long RoundTripNs => roundTripNs;

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer) => false;
}
