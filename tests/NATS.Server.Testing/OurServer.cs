namespace NATS.Server.Testing;

/// <summary>Thread-safe. The <c>nats-server</c> executable of this project: <c>NATS_OURS</c>, else the build output next to the running tests.</summary>
public static class OurServer
{
    /// <summary>The executable.</summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string Path { get; } = Locate();

    /// <summary>Starts our server; arguments as for <see cref="ServerProcess.StartAsync"/>.</summary>
    public static Task<ServerProcess> StartAsync(ServerProcessOptions? options = null) => ServerProcess.StartAsync(Path, options);

    private static string Locate()
    {
        string? named = Environment.GetEnvironmentVariable("NATS_OURS");
        string file = OperatingSystem.IsWindows() ? "nats-server.exe" : "nats-server";
        string path = string.IsNullOrEmpty(named) ? Repository.PathOf("artifacts", "bin", "NATS.Server.Host", Repository.BuildConfiguration, file) : named;
        return File.Exists(path) ? path : throw new FileNotFoundException("Our server was not built: " + path);
    }
}
