using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>One thing to measure, the same way against any server.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Title">What the table calls it.</param>
internal abstract record BenchCase(string Name, string Title)
{
    public Targets Targets { get; init; } = Targets.None;

    /// <summary>Configuration that both servers get for this case; empty for the defaults.</summary>
    public string Configuration { get; init; } = "";

    /// <summary>Configuration that only our server gets for this case.</summary>
    public string OurConfiguration { get; init; } = "";

    /// <summary>Both servers get a certificate, and all connections use TLS.</summary>
    public bool IsSecure { get; init; }

    /// <summary>The case starts (and ends) a server for every run instead of using the one that serves all cases.</summary>
    public virtual bool NeedsFreshServer => false;

    /// <summary>Skipped with <c>--quick</c>.</summary>
    public bool IsSlow { get; init; }

    /// <exception cref="VerificationException">The server did not deliver what it should.</exception>
    public abstract RunResult Run(ServerProcess server, TimeSpan duration);
}
