namespace NATS.Server.Testing;

/// <summary>Thread-safe. Where the checkout is that the running test assembly was built from.</summary>
public static class Repository
{
    private const string RootMarker = "NatsServer.slnx";

    /// <summary>The checkout's root folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The test was not started from a build output inside a checkout.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>The configuration folder of the build output the test runs from, <c>debug</c> or <c>release</c>.</summary>
    public static string BuildConfiguration { get; } = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).Name;

    /// <summary>An absolute path inside the checkout.</summary>
    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, RootMarker))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No {RootMarker} above {AppContext.BaseDirectory}.");
    }
}
