using NATS.Server.Core.Jwt;
using NATS.Server.OperatorMode;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server;

/// <summary>Operator mode: accounts and users are known by signed tokens.</summary>
public sealed partial class NatsServer
{
    private readonly OperatorService? _operatorService;

    /// <summary>Logins refused because their accounts are not among the pinned ones.</summary>
    public long NumPinnedAccountFailures => _operatorService?.PinnedFailures ?? 0;

    /// <summary>What is known of an account by its token; null when it has none.</summary>
    internal AccountState? FindAccountState(string account) => _operatorService is { } service && service.Accounts.TryGet(account, out AccountState? state) ? state : null;

    /// <summary>What is wrong with an account's token at this moment.</summary>
    internal IReadOnlyList<ClaimIssue> Validate(AccountState state) => _operatorService is { } service ? service.Accounts.Validator().Validate(state.Claims).All : [];

    private OperatorService? CreateOperatorService(ServerOptions options, Accounts.AccountRegistry accounts)
    {
        if (!options.Operator.IsEnabled) return null;
        try
        {
            return new OperatorService(options, accounts, _clock, _log);
        }
        catch (ResolverException problem)
        {
            throw new NatsServerException(problem.Message, problem);
        }
    }

    private void StartOperatorService(ServerOptions options)
    {
        if (_operatorService is not { } service) return;
        service.LogStart(options.Operator);
        var follower = new ClientFollower(_context.Clients);
        service.Accounts.Updated = follower.OnUpdated;
        service.Accounts.Expired = follower.OnExpired;
        try
        {
            service.StartAsync(_engine, options.NoSystemAccount, _systemEvents.Stamp.Write).GetAwaiter().GetResult();
        }
        catch (ResolverException problem)
        {
            throw new NatsServerException(problem.Message, problem);
        }
    }

    private void ReloadOperatorService(ServerOptions options)
    {
        if (_operatorService is not { } service) return;
        try
        {
            service.ReloadAsync(options.Operator).GetAwaiter().GetResult();
        }
        catch (ResolverException problem)
        {
            Log.AccountProblem(_log, problem.Message);
        }
    }
}
