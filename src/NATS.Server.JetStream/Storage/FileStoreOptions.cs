using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage;

/// <summary>Where and how the messages of a stream are kept in files. Immutable.</summary>
public sealed record FileStoreOptions
{
    public required IDisk Disk { get; init; }

    /// <summary>The directory of the stream; its messages are below in <c>msgs</c>.</summary>
    public required string Directory { get; init; }

    /// <summary>The stream's name (or the Raft group's): part of every checksum.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes after which a new block is begun.</summary>
    public required int BlockSize { get; init; }

    /// <summary>What an empty store begins with; 0 for 1, which its state does not show before there was a message.</summary>
    public ulong FirstSequence { get; init; }

    /// <summary>Null: not encrypted.</summary>
    public StoreKeys? Keys { get; init; }

    /// <summary>The keys before <see cref="Keys"/>, with which what is there may be encrypted still.</summary>
    public StoreKeys? PreviousKeys { get; init; }

    public StoreCipher Cipher { get; init; }

    /// <summary>Whether blocks that are encrypted otherwise than configured, or not at all, are converted when the store is opened, and guards are written anew. Not where it is only looked at.</summary>
    internal bool ConvertsBlocks { get; init; } = true;

    /// <summary>For seeds, nonces and noise: one that cannot be guessed where <see cref="Keys"/> are given.</summary>
    public required Random Random { get; init; }

    /// <summary>0: what is acknowledged is synced first (the commit queue). Else what was flushed is synced this often, and acknowledged before.</summary>
    public long SyncIntervalNs { get; init; }

    /// <summary>How long a block that nobody reads stays in memory.</summary>
    public long CacheIdleNs { get; init; } = 10_000_000_000;

    /// <summary>What it shares with the server's other stores.</summary>
    public BlockCacheBudget ReadCache { get; init; } = BlockCacheBudget.OfThisMachine();

    /// <summary>
    /// Calls an action for each number below a count, at the same time as far as there are threads, and returns when all have returned. Used while a store is opened; null: one after
    /// the other.
    /// </summary>
    public Action<int, Action<int>>? InParallel { get; init; }
}
