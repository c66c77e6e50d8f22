using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.Storage;

namespace NATS.Server.Options;

/// <summary>
/// What the JetStream of a running server has: its options, and in place of what they leave open what the machine gives. Immutable. This is the <c>config</c> of
/// monitoring.
/// </summary>
internal sealed record JetStreamConfiguration
{
    /// <summary>The directory of all that is stored, below the one that is configured.</summary>
    public const string DirectoryName = "jetstream";

    /// <summary>The memory of streams when nobody knows how much the machine has.</summary>
    private const long UnknownMemory = 256L << 20;

    /// <summary>The storage of streams when nobody knows how much the disk has.</summary>
    private const long UnknownStorage = 1L << 40;

    public required JetStreamOptions Options { get; init; }

    /// <summary>As log and monitoring show it: relative when it was configured so.</summary>
    public required string StoreDirectory { get; init; }

    /// <summary><see cref="StoreDirectory"/> from the root, with '/', as disks have it.</summary>
    public required string Directory { get; init; }

    /// <summary>Bytes that decided on the size of memory instead of the machine's; null: they did not.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The store is where the system keeps what it may throw away.</summary>
    public bool IsTemporary { get; init; }

    /// <summary>The machine decided on a size.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>Bytes of streams in memory.</summary>
    public required long MaxMemory { get; init; }

    /// <summary>Bytes of streams in files.</summary>
    public required long MaxStorage { get; init; }

    /// <summary>What the server allows, for the rules of requests; nothing is reserved.</summary>
    public ServerLimits Limits => LimitsOf(Options.Limits) with { MaxMemory = MaxMemory, MaxStorage = MaxStorage };

    /// <summary>The directory of all that is stored.</summary>
    /// <param name="options">Where it should be.</param>
    /// <param name="temporaryDirectory">The system's, when they do not say.</param>
    public static string DirectoryOf(JetStreamOptions options, string temporaryDirectory)
    {
        if (options.StoreDirectory.Length > 0) return CleanPath.Join(options.StoreDirectory, DirectoryName);

        // Whoever says both sizes gets another one, as from the reference.
        return IsComplete(options) ? CleanPath.Join(temporaryDirectory, DirectoryName) : CleanPath.Join(temporaryDirectory, "nats/" + DirectoryName);
    }

    /// <summary>Fills in what the options leave open: three quarters of what the machine has.</summary>
    /// <param name="options">As configured.</param>
    /// <param name="machine">What there is, the disk being that of the directory.</param>
    public static JetStreamConfiguration Resolve(JetStreamOptions options, MachineResources machine)
    {
        var isLimited = options.MaxMemory < 0 && machine.MemoryLimit < machine.Memory;
        var memory = isLimited ? machine.MemoryLimit!.Value : machine.Memory;
        var directory = DirectoryOf(options, machine.TemporaryDirectory);
        return new JetStreamConfiguration
        {
            Options = options,
            StoreDirectory = directory,
            Directory = Path.GetFullPath(directory, machine.WorkingDirectory).Replace(Path.DirectorySeparatorChar, '/'),
            MemoryLimit = isLimited ? memory : null,
            IsTemporary = options.StoreDirectory.Length == 0,
            IsDynamic = !IsComplete(options),
            MaxMemory = options.MaxMemory >= 0 ? options.MaxMemory : memory > 0 ? memory / 4 * 3 : UnknownMemory,
            MaxStorage = options.MaxStorage >= 0 ? options.MaxStorage : machine.FreeDisk is { } free ? free / 4 * 3 : UnknownStorage,
        };
    }

    /// <summary>The same with the sizes and limits of options that a reload has accepted. A size that the machine gave stays.</summary>
    public JetStreamConfiguration Reload(JetStreamOptions options) => this with
    {
        Options = options,
        MaxMemory = options.MaxMemory > 0 ? options.MaxMemory : MaxMemory,
        MaxStorage = options.MaxStorage > 0 ? options.MaxStorage : MaxStorage,
    };

    /// <summary>The name of a cipher in log lines.</summary>
    public static string NameOf(StoreCipher cipher) => cipher == StoreCipher.Aes ? "AES-GCM" : "ChaCha20-Poly1305";

    private static bool IsComplete(JetStreamOptions options) => options is { MaxMemory: > 0, MaxStorage: > 0 };

    private static ServerLimits LimitsOf(JetStreamLimitOptions limits) => new()
    {
        MaxDuplicateWindowNs = limits.DuplicateWindow.Ticks * TimeSpan.NanosecondsPerTick,
        MaxAckPending = limits.MaxAckPending,
        MaxRequestBatch = limits.MaxRequestBatch,
        DefaultMaxConsumers = limits.DefaultMaxConsumers,
    };
}

/// <summary>What of the machine is for JetStream. Immutable.</summary>
internal readonly record struct MachineResources
{
    /// <summary>Bytes; 0 when it cannot be told.</summary>
    public long Memory { get; init; }

    /// <summary>Bytes that the process shall stay below, when that is less; null: nobody said so.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Bytes; null when it cannot be told.</summary>
    public long? FreeDisk { get; init; }

    public required string TemporaryDirectory { get; init; }

    /// <summary>What relative directories are relative to.</summary>
    public required string WorkingDirectory { get; init; }
}
