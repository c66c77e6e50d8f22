using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Limits;

/// <summary>Pure. What accounts may use, against what the server has: one that is on its own promises no more than there is. What is not limited is not promised.</summary>
public static class AccountReservation
{
    /// <summary>Whether there is room for the limits of one more account.</summary>
    /// <param name="server">What there is, and what of it streams have reserved.</param>
    /// <param name="added">The account's.</param>
    /// <param name="others">Those of the accounts that have JetStream already.</param>
    public static ApiError? Check(ServerLimits server, AccountTiers added, IEnumerable<AccountTiers> others) => Check(server, Promise(added), others);

    /// <summary>Whether there is room for other limits of an account.</summary>
    /// <param name="server">What there is, and what of it streams have reserved.</param>
    /// <param name="from">The account's limits until now.</param>
    /// <param name="to">Its limits from now on.</param>
    /// <param name="all">Those of all accounts that have JetStream, this one's until now included.</param>
    public static ApiError? CheckChange(ServerLimits server, AccountTiers from, AccountTiers to, IEnumerable<AccountTiers> all)
    {
        long memory = 0;
        long storage = 0;
        foreach (string tier in from.ByName.Keys.Union(to.ByName.Keys, StringComparer.Ordinal))
        {
            from.ByName.TryGetValue(tier, out AccountLimits? before);
            to.ByName.TryGetValue(tier, out AccountLimits? after);
            memory = StorageReservation.Add(memory, Math.Max(0, (after?.MaxMemory ?? 0) - (before?.MaxMemory ?? 0)));
            storage = StorageReservation.Add(storage, Math.Max(0, (after?.MaxStorage ?? 0) - (before?.MaxStorage ?? 0)));
        }

        return Check(server, (memory, storage), all);
    }

    private static ApiError? Check(ServerLimits server, (long Memory, long Storage) added, IEnumerable<AccountTiers> others)
    {
        (long memory, long storage) = added;
        if (StorageReservation.Add(server.ReservedMemory, memory) > server.MaxMemory) return ApiErrors.MemoryResourcesExceeded;
        if (StorageReservation.Add(server.ReservedStorage, storage) > server.MaxStorage) return ApiErrors.StorageResourcesExceeded;
        foreach (AccountTiers other in others)
        {
            (long otherMemory, long otherStorage) = Promise(other);
            memory = StorageReservation.Add(memory, otherMemory);
            storage = StorageReservation.Add(storage, otherStorage);
        }

        if (memory > server.MaxMemory) return ApiErrors.MemoryResourcesExceeded;
        return storage > server.MaxStorage ? ApiErrors.StorageResourcesExceeded : null;
    }

    private static (long Memory, long Storage) Promise(AccountTiers tiers)
    {
        long memory = 0;
        long storage = 0;
        foreach (AccountLimits limits in tiers.ByName.Values)
        {
            memory = StorageReservation.Add(memory, Math.Max(0, limits.MaxMemory));
            storage = StorageReservation.Add(storage, Math.Max(0, limits.MaxStorage));
        }

        return (memory, storage);
    }
}
