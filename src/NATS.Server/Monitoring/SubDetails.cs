using System.Text;

namespace NATS.Server.Monitoring;

/// <summary>Makes <see cref="SubDetail"/>. Pure, thread-safe.</summary>
internal static class SubDetails
{
    /// <summary>With the account, as in lists that span accounts.</summary>
    public static SubDetail WithAccount(SubscriptionSnapshot subscription) => WithoutAccount(subscription) with
    {
        Account = OrNull(subscription.Account),
        AccountTag = OrNull(subscription.AccountTag.Length > 0 ? subscription.AccountTag : subscription.Account),
    };

    /// <summary>Without the account, as below a connection.</summary>
    public static SubDetail WithoutAccount(SubscriptionSnapshot subscription) => new()
    {
        Subject = Encoding.UTF8.GetString(subscription.Subject),
        Qgroup = subscription.Queue is { Length: > 0 } queue ? Encoding.UTF8.GetString(queue) : null,
        Sid = Encoding.UTF8.GetString(subscription.Sid),
        Msgs = subscription.Messages,
        Max = subscription.MaxMessages,
        Cid = subscription.Cid,
    };

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
