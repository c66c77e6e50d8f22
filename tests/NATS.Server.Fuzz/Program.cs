using NATS.Server.Fuzz;

return FuzzRun.Start(args);
