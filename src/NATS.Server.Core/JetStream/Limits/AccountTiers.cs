using System.Globalization;

namespace NATS.Server.Core.JetStream.Limits;

/// <summary>Immutable. The limits of an account: one for all, or one for each number of replicas (<c>R1</c>, <c>R3</c>).</summary>
public sealed class AccountTiers : IEquatable<AccountTiers>
{
    private readonly Dictionary<string, AccountLimits> _limits;

    /// <summary>Limits by tier; the empty name is for all.</summary>
    public AccountTiers(IReadOnlyDictionary<string, AccountLimits> limits) => _limits = new Dictionary<string, AccountLimits>(limits, StringComparer.Ordinal);

    /// <summary>The same limits for everything.</summary>
    public AccountTiers(AccountLimits limits) => _limits = new Dictionary<string, AccountLimits>(StringComparer.Ordinal) { [""] = limits };

    /// <summary>No limits.</summary>
    public static AccountTiers Unlimited { get; } = new(new AccountLimits());

    /// <summary>The limits by tier; the empty name is for all.</summary>
    public IReadOnlyDictionary<string, AccountLimits> ByName => _limits;

    /// <summary>The tier of a number of replicas; 0 is as 1.</summary>
    public static string NameOf(long replicas) => string.Create(CultureInfo.InvariantCulture, $"R{(replicas == 0 ? 1 : replicas)}");

    /// <summary>The limits of an asset.</summary>
    /// <param name="replicas">How many it has; 0 is as 1.</param>
    /// <param name="tier">The tier it counts for; empty when all assets do.</param>
    /// <returns>Null when the account has none for such assets.</returns>
    public AccountLimits? Select(long replicas, out string tier)
    {
        tier = "";
        if (_limits.TryGetValue(tier, out AccountLimits? all)) return all;
        if (!_limits.TryGetValue(NameOf(replicas), out AccountLimits? limits)) return null;
        tier = NameOf(replicas);
        return limits;
    }

    /// <summary>The same tiers with the same limits.</summary>
    public bool Equals(AccountTiers? other)
    {
        if (other is null || other._limits.Count != _limits.Count) return false;
        foreach ((string name, AccountLimits limits) in _limits)
        {
            if (!other._limits.TryGetValue(name, out AccountLimits? others) || others != limits) return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as AccountTiers);

    public override int GetHashCode()
    {
        int hash = 0;
        foreach ((string name, AccountLimits limits) in _limits) hash ^= HashCode.Combine(name, limits);
        return hash;
    }
}
