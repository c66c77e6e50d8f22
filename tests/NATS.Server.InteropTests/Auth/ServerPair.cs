using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>
/// The reference server and ours under one configuration, each started when first asked for. Shared by the tests of a class, which run one after the other.
/// </summary>
public abstract class ServerPair(string config) : IAsyncLifetime
{
    private readonly ServerProcessOptions _options = new() { Config = config };
    private ServerProcess? _reference;
    private ServerProcess? _ours;

    /// <summary>The names of both, for the rows of a theory.</summary>
    public static IReadOnlyList<string> Names { get; } = ["reference", "ours"];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_reference is not null) await _reference.DisposeAsync();
        if (_ours is not null) await _ours.DisposeAsync();
    }

    /// <summary>The server of that name.</summary>
    public async Task<ServerProcess> StartedAsync(string name) =>
        name == "reference" ? _reference ??= await ReferenceServer.StartAsync(_options) : _ours ??= await OurServer.StartAsync(_options);
}
