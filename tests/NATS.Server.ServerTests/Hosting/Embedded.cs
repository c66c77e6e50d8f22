using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Hosting;

/// <summary>Servers in this process on loopback ports that the system chooses.</summary>
internal static class Embedded
{
    /// <summary>Without a system account: its services subscribe, and tests count subscriptions.</summary>
    public static readonly ServerOptions Options = new() { Host = "127.0.0.1", Port = ServerOptions.RandomPort, NoSystemAccount = true };

    /// <summary>Every engine this platform has.</summary>
    public static TheoryData<ConnectionEngineKind> Engines =>
        OperatingSystem.IsLinux() ? [ConnectionEngineKind.Epoll, ConnectionEngineKind.Portable] : [ConnectionEngineKind.Portable];

    /// <summary>Starts a server. Without a clock it runs on real time but never looks at deadlines and sends no PING, however slow the machine is.</summary>
    public static Task<NatsServer> StartAsync(ServerOptions? options = null, LogLines? log = null, TimeProvider? time = null) =>
        NatsServer.StartAsync(options ?? Options, new NatsServerServices
        {
            LoggerFactory = log ?? new LogLines(),
            TimeProvider = time ?? new ClockWithoutTicks(),
        });

    public static Task<NatsServer> StartAsync(ConnectionEngineKind engine, LogLines? log = null) => StartAsync(Options with { Engine = engine }, log);

    /// <summary>A client that has been through the handshake.</summary>
    public static Task<RawClient> ConnectAsync(this NatsServer server, string connect = RawClient.QuietConnect) =>
        RawClient.HandshakeAsync(server.ClientEndPoint!.Port, connect);

    /// <summary>A connection that has sent nothing.</summary>
    public static Task<RawClient> OpenAsync(this NatsServer server) => RawClient.ConnectAsync(server.ClientEndPoint!);

    public static string ConnectAs(string user, string password = "pw") => $"CONNECT {{\"verbose\":false,\"protocol\":1,\"user\":\"{user}\",\"pass\":\"{password}\"}}\r\n";
}
