using NATS.Server.Core.Config;
using NATS.Server.Core.Storage;

namespace NATS.Server.Options;

/// <summary>The options of JetStream: it can be switched on and off, its limits can change, all the rest is as long as the server runs.</summary>
public sealed partial class OptionsDiff
{
    private const string Redacted = "[REDACTED]";

    // Whether there is something that changed limits have to be told to.
    private bool _runsJetStream;

    private static Field[] JetStreamFields =>
    [
        new("JetStream", null, static (diff, current, next) =>
        {
            var isOn = next.JetStream is not null;
            if (isOn != current.JetStream is not null || (isOn && !diff._runsJetStream)) diff.Change(ReloadableOption.JetStream, "JetStream", "Reloaded: JetStream");
        }),
        FixedOfJetStream("NoJetStreamStrict", static o => !o.IsStrict),
        new("JetStreamMaxMemory", static o => o.JetStreamSettings.MaxMemory, static (diff, current, next) => diff.CompareSize(
            ReloadableOption.JetStreamMaxMemory, "JetStreamMaxMemory", "max_mem_store", current.JetStreamSettings.MaxMemory, next.JetStreamSettings.MaxMemory)),
        new("JetStreamMaxStore", static o => o.JetStreamSettings.MaxStorage, static (diff, current, next) => diff.CompareSize(
            ReloadableOption.JetStreamMaxStorage, "JetStreamMaxStore", "max_file_store", current.JetStreamSettings.MaxStorage, next.JetStreamSettings.MaxStorage)),
        FixedOfJetStream("JetStreamDomain", static o => o.Domain),
        FixedOfJetStream("JetStreamExtHint", static o => o.ExtensionHint),
        SecretOfJetStream("JetStreamKey", static o => o.Key),
        SecretOfJetStream("JetStreamOldKey", static o => o.PreviousKey),
        FixedOfJetStream("JetStreamCipher", static o => JetStreamConfiguration.NameOf(o.Cipher)),
        FixedOfJetStream("JetStreamUniqueTag", static o => o.UniqueTag),
        Named("JetStreamLimits", static o => o.JetStreamSettings.Limits, ReloadableOption.JetStreamLimits, "JetStream limits"),
        new("JetStreamTpm", static o => o.JetStreamSettings.Tpm ?? new JetStreamTpmOptions(), static (diff, current, next) =>
            diff.Refuse("JetStreamTpm", Show(current.JetStreamSettings.Tpm), Show(next.JetStreamSettings.Tpm))),
        FixedOfJetStream("JetStreamMaxCatchup", static o => o.MaxOutstandingCatchup),
        FixedOfJetStream("JetStreamRequestQueueLimit", static o => o.RequestQueueLimit),
        FixedOfJetStream("JetStreamInfoQueueLimit", static o => o.InfoQueueLimit),

        // When the log of a cluster's assets is compacted is looked up whenever it is asked.
        FixedOfJetStream("JetStreamConcurrentIOs", static o => o.MaxConcurrentIo),
        FixedOfJetStream("StreamMaxBufferedMsgs", static o => o.MaxBufferedMessages),
        FixedOfJetStream("StreamMaxBufferedSize", static o => o.MaxBufferedSize),
        new("StoreDir", static o => o.JetStreamSettings.StoreDirectory, static (diff, _, next) =>
        {
            if (diff._runsJetStream && next.JetStreamSettings.StoreDirectory.Length > 0) diff._errors.Add("config reload not supported for jetstream storage directory");
        }),
        new("SyncInterval", static o => (object?)o.JetStreamSettings.SyncInterval ?? "", static (diff, current, next) => diff.Refuse(
            "SyncInterval", ShowInterval(current, next), ShowInterval(next, current))),
        FixedOfJetStream("SyncAlways", static o => o.SyncAlways),
        Fixed("JsAccDefaultDomain", static o => Show(o.DefaultJetStreamDomains)),
    ];

    private static Field FixedOfJetStream(string name, Func<JetStreamOptions, object> get) => Fixed(name, options => get(options.JetStreamSettings));

    // The reference shows what nobody should read in a log.
    private static Field SecretOfJetStream(string name, Func<JetStreamOptions, string> get) => new(name, options => get(options.JetStreamSettings), (diff, current, next) =>
        diff.Refuse(name, Redact(get(current.JetStreamSettings)), Redact(get(next.JetStreamSettings))));

    private static string Show(JetStreamTpmOptions? tpm) =>
        tpm is null ? "{   0}" : $"{{{tpm.KeysFile} {Redact(tpm.EncryptionPassword)} {Redact(tpm.SrkPassword)} {GoFormat.Value(tpm.Pcr)}}}";

    private static string Redact(string secret) => secret.Length == 0 ? "" : Redacted;

    // What nobody configured is the reference's default there, and a promise that is kept at each message here: to say that default is a change.
    private static string ShowInterval(ServerOptions options, ServerOptions other)
    {
        if (options.JetStreamSettings.SyncInterval is { } interval) return GoDuration.Format(interval);
        return other.JetStreamSettings.SyncInterval == JetStreamOptions.DefaultSyncInterval ? "default" : GoDuration.Format(JetStreamOptions.DefaultSyncInterval);
    }

    // A running JetStream has what it was given: more is fine, less is not, and what the machine gave stays.
    private void CompareSize(ReloadableOption option, string field, string key, long current, long next)
    {
        if (!_runsJetStream || (current != -1 && next == -1)) return; // see CompareWhole
        if (current != -1 && next > current)
            Change(option, field, next > 0 ? $"Reloaded: JetStream {key} = {FriendlyBytes.Format(next)}" : "");
        else
            _errors.Add($"config reload not supported for {(current == -1 ? "jetstream dynamic" : "decreasing jetstream")} max memory and store");
    }

    // Values that are gone are gone with the block, unless JetStream stays.
    private void CompareWhole(JetStreamOptions current, JetStreamOptions? next)
    {
        if (!_runsJetStream || next is null) return;
        if ((current.MaxMemory != -1 && next.MaxMemory == -1) || (current.MaxStorage != -1 && next.MaxStorage == -1))
            _errors.Add("config reload not supported for jetstream max memory and max store");
        if (current.StoreDirectory.Length > 0 && next.StoreDirectory.Length == 0)
            _errors.Add("config reload not supported for jetstream storage dir");
    }
}
