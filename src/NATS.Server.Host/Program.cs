using NATS.Server.Options;

var options = new ServerOptions { Port = args.Length > 0 ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 4222, Engine = args.Length > 1 ? ConnectionEngineKind.Portable : ConnectionEngineKind.Automatic };
await using var server = await NATS.Server.NatsServer.StartAsync(options);
Console.WriteLine(server.ClientUrl);
await server.WaitForShutdownAsync();
return 0;
