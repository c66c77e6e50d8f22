using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>The kinds of stores that keep the same rules.</summary>
internal static class StoreKinds
{
    /// <summary>Names for theories.</summary>
    public static TheoryData<string> All => ["model of files", "model of memory", "memory", "files", "files with chacha", "files with aes"];

    public static StoreSource Create(string kind, bool canReopen = false) => kind switch
    {
        "model of files" => new ModelSource(isFile: true),
        "model of memory" => new ModelSource(isFile: false),
        "memory" => new MemorySource(),
        "files" => new SimulatedFileSource(canReopen: canReopen),
        "files with chacha" => new SimulatedFileSource(StoreCipher.ChaCha, canReopen: canReopen),
        "files with aes" => new SimulatedFileSource(StoreCipher.Aes, canReopen: canReopen),
        _ => throw new ArgumentException("unknown", nameof(kind)),
    };

    private sealed class ModelSource(bool isFile) : StoreSource
    {
        public override bool IsFile => isFile;

        public override IMessageStore Create(StoreLimits limits, ulong firstSequence, IStoreListener listener) => new ModelStore(limits, firstSequence, isFile, listener);
    }

    private sealed class MemorySource : StoreSource
    {
        public override bool IsFile => false;

        public override IMessageStore Create(StoreLimits limits, ulong firstSequence, IStoreListener listener) => MessageStore.InMemory(limits, listener, firstSequence);
    }
}
