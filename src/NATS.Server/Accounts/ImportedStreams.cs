using System.Buffers;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Accounts;

/// <summary>
/// The streams of other accounts that an account's subscribers receive: for each subscription and each import that it overlaps, a
/// <see cref="ShadowSubscription"/> stands in the exporting account. Thread-safe.
/// </summary>
/// <remarks>
/// Its lock is taken before those of accounts, and never two of its kind: accounts may import from each other. A subscription is seen by the thread that
/// inserts it or by the one that changes the imports, or by both; what is done for it is the same either way.
/// </remarks>
internal sealed class ImportedStreams(Account importer)
{
    private readonly Lock _lock = new();
    private ImportSubscriber[] _imports = [];

    /// <summary>What connections got so far by imports that are in force, by exporting account.</summary>
    public IEnumerable<(Account Exporter, TrafficCount Count)> Traffic =>
        Volatile.Read(ref _imports).Select(static import => (import.Import.Exporter, import.Sent));

    /// <summary>Takes over changed imports; subscriptions that exist get and lose what follows.</summary>
    public void Apply(IReadOnlyList<StreamImport> imports)
    {
        ImportSubscriber[] before;
        lock (_lock)
        {
            before = _imports;
            if (before.Length == 0 && imports.Count == 0) return;
            ImportSubscriber[] after = [.. imports.Select(import => Array.Find(before, known => known.Import.IsSameAs(import)) ?? new ImportSubscriber(import, importer.Name))];
            Volatile.Write(ref _imports, after);
            foreach (ImportSubscriber gone in before.Except(after)) Settle(gone);
        }

        List<SublistEntry<Subscription>> entries = [];
        importer.Read(sublist =>
        {
            sublist.CopyTo(entries);
            return true;
        });
        foreach (SublistEntry<Subscription> entry in entries)
        {
            if (entry.Item is { ReceivesStreams: true } and not ShadowSubscription) Follow(entry.Item);
        }
    }

    public void OnInserted(Subscription subscription)
    {
        if (subscription.ReceivesStreams && Volatile.Read(ref _imports).Length > 0) Follow(subscription);
    }

    /// <summary>A closed subscription is gone.</summary>
    public void OnRemoved(Subscription subscription)
    {
        if (Volatile.Read(ref _imports).Length == 0 && subscription.Shadows.Length == 0) return;
        lock (_lock) Replace(subscription, []);
    }

    /// <summary>Gives a subscription the shadows it needs by the imports of this moment; new ones first, so that no message is missed.</summary>
    private void Follow(Subscription subscription)
    {
        lock (_lock)
        {
            if (subscription.IsClosed) return;
            List<ShadowSubscription> shadows = [];
            foreach (ImportSubscriber import in _imports)
            {
                if (Array.Find(subscription.Shadows, shadow => ReferenceEquals(shadow.Owner, import)) is { } known) shadows.Add(known);
                else if (import.SubjectFor(subscription.Subject) is { } subject) shadows.Add(new ShadowSubscription(import, subject, subscription));
            }

            Replace(subscription, [.. shadows]);
        }
    }

    private void Settle(ImportSubscriber gone)
    {
        TrafficCount sent = gone.Sent;
        gone.Import.Exporter.Settled.Add(sent);
        importer.Settled.Add(default(TrafficCount) - sent);
    }

    private static void Replace(Subscription subscription, ShadowSubscription[] shadows)
    {
        ShadowSubscription[] before = subscription.Shadows;
        subscription.Shadows = shadows;
        foreach (ShadowSubscription shadow in shadows)
        {
            if (!before.Contains(shadow)) shadow.Exporter.InsertShadow(shadow);
        }

        foreach (ShadowSubscription shadow in before)
        {
            if (!shadows.Contains(shadow)) shadow.Exporter.RemoveShadow(shadow);
        }
    }
}
