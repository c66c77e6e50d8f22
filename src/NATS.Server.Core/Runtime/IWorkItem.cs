namespace NATS.Server.Core.Runtime;

/// <summary>What an <see cref="IExecutor"/> runs.</summary>
public interface IWorkItem
{
    void Run();
}
