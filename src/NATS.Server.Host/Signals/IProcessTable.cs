namespace NATS.Server.Host.Signals;

/// <summary>The processes of this machine, as far as signalling a server needs them.</summary>
internal interface IProcessTable
{
    /// <summary>Process ids of every process whose name contains <paramref name="name"/>, this process not among them, in ascending order.</summary>
    /// <exception cref="NotSupportedException">The processes cannot be listed here.</exception>
    IReadOnlyList<int> Find(string name);

    /// <summary>Sends a signal.</summary>
    /// <returns>Null, or why it could not be sent.</returns>
    string? Send(int processId, int signal);
}
