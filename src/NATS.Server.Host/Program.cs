using NATS.Server.Host;

return await HostProgram.RunAsync(args);
