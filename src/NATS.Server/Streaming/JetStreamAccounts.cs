using NATS.Server.Accounts;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.JetStream.Engine;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. Gives accounts JetStream as their models say, as far as the server has what they are promised. A change may wait for the disk.</summary>
/// <param name="runtime">Runs it.</param>
/// <param name="accounts">The server's.</param>
internal sealed class JetStreamAccounts(JetStreamRuntime runtime, AccountRegistry accounts)
{
    private readonly Lock _lock = new();

    /// <summary>All accounts there are, before anything is opened.</summary>
    /// <returns>Why one cannot have what it should; null when all have it.</returns>
    public string? EnableAll()
    {
        foreach (Account account in accounts.All)
        {
            if (Follow(account, isStarting: true) is { } problem) return problem;
        }

        return null;
    }

    /// <summary>All accounts after a reload: limits that changed, accounts that came, accounts that went.</summary>
    /// <returns>Why the first that cannot have what it should cannot; null when all have it.</returns>
    public string? FollowAll()
    {
        foreach (JetStreamAccount enabled in runtime.Engine.Accounts)
        {
            if (!accounts.TryFind(enabled.Name, out _)) runtime.Disable(enabled.Name);
        }

        string? first = null;
        foreach (Account account in accounts.All) first ??= Follow(account);
        return first;
    }

    /// <summary>One account, whose model has changed.</summary>
    /// <returns>Why it cannot have what it should, and keeps what it had; null when it has it.</returns>
    public string? Follow(Account account) => Follow(account, isStarting: false);

    private string? Follow(Account account, bool isStarting)
    {
        JetStreamEngine engine = runtime.Engine;
        lock (_lock)
        {
            if (account.Model.JetStream is not { } tiers)
            {
                runtime.Disable(account.Name);
                runtime.Refuse(account, ReferenceEquals(account, accounts.System));
                return null;
            }

            if (ReferenceEquals(account, accounts.System)) return "jetstream can not be enabled on the system account";
            IEnumerable<AccountTiers> promised = engine.Accounts.Select(static enabled => enabled.Tiers);
            if (engine.TryGetAccount(account.Name, out JetStreamAccount? known))
            {
                if (known.Tiers.Equals(tiers)) return null;
                if (AccountReservation.CheckChange(engine.Limits, known.Tiers, tiers, promised) is { } refusal) return refusal.ToString();
                known.Tiers = tiers;
                return null;
            }

            if (AccountReservation.Check(engine.Limits, tiers, promised) is { } error) return error.ToString();
            if (isStarting) runtime.Enable(account, tiers);
            else runtime.EnableLater(account, tiers);
            return null;
        }
    }
}
