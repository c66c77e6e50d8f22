namespace NATS.Server.Core.Runtime;

/// <summary>Any thread. Where work runs that is not done by the thread that causes it: threads in a server, one loop with a seed in a simulation.</summary>
public interface IExecutor
{
    /// <summary>Runs the work once, soon, on a thread of the executor's; in no certain order with other work.</summary>
    void Post(IWorkItem work);
}
