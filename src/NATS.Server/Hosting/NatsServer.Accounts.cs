using NATS.Server.Options;

namespace NATS.Server;

/// <summary>Accounts as configured, also after a reload.</summary>
public sealed partial class NatsServer
{
    /// <summary>Accounts that the server knows, <c>$G</c> and the system account included.</summary>
    public int NumLoadedAccounts => _context.Accounts.LoadedCount;

    /// <summary>Accounts with client connections.</summary>
    public int NumActiveAccounts => _context.Accounts.ActiveCount;

    private void ConfigureAccounts(ServerOptions options) => _context.Accounts.Configure(options, problem => Log.AccountProblem(_log, problem));
}
