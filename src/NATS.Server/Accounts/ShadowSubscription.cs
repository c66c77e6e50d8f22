namespace NATS.Server.Accounts;

/// <summary>Stands in an exporting account for a subscription of an importing one. Immutable but for its counter of deliveries.</summary>
internal sealed class ShadowSubscription(ImportSubscriber import, byte[] subject, Subscription real)
    : Subscription(import, subject, real.Queue, real.Sid.ToArray())
{
    /// <summary>The subscription that gets what this one matches.</summary>
    public Subscription Real => real;

    /// <summary>The account it stands in.</summary>
    public Account Exporter => import.Import.Exporter;
}
