using NATS.Server.Host.Signals;
using Xunit;

namespace NATS.Server.UnitTests.Host.Signals;

/// <summary>Processes that only exist in a test.</summary>
internal sealed class FakeProcessTable(params int[] servers) : IProcessTable
{
    public List<(int ProcessId, int Signal)> Sent { get; } = [];

    public Dictionary<int, string> Refusals { get; } = [];

    public bool CanList { get; init; } = true;

    public IReadOnlyList<int> Find(string name)
    {
        Assert.Equal("nats-server", name);
        return CanList ? servers : throw new NotSupportedException();
    }

    public string? Send(int processId, int signal)
    {
        if (Refusals.TryGetValue(processId, out var refusal))
            return refusal;
        Sent.Add((processId, signal));
        return null;
    }
}
