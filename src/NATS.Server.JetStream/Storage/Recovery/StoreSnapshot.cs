using System.Buffers;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>
/// What <c>index.db</c> and the files with it will say. Taken under the store's lock, at once or in parts (<see cref="StoreSnapshotDraft"/>); hashed, sealed, written and synced without it, by one
/// thread at a time.
/// </summary>
internal sealed class StoreSnapshot
{
    private readonly ChunkedBuffer _index;
    private readonly ArrayBufferWriter<byte>? _expiries;
    private readonly ArrayBufferWriter<byte>? _schedules;
    private readonly ArrayBufferWriter<byte>? _sources;
    private readonly bool _hasSources;

    public StoreSnapshot(ChunkedBuffer index, ArrayBufferWriter<byte>? expiries, ArrayBufferWriter<byte>? schedules, ArrayBufferWriter<byte>? sources, bool hasSources)
    {
        _index = index;
        _expiries = expiries;
        _schedules = schedules;
        _sources = sources;
        _hasSources = hasSources;
    }

    /// <summary>Takes it, under the store's lock, after everything was flushed.</summary>
    /// <param name="contents">Of the store.</param>
    /// <param name="expiries">Null where messages have no time to live.</param>
    /// <param name="schedules">Null where messages are no schedules.</param>
    /// <param name="sources">How far sources were read; null for a stream without.</param>
    /// <exception cref="Disks.DiskException">The last block, which was not the last before, could not be read.</exception>
    /// <returns>Null when there is nothing that could be written: no blocks, or too many deletions.</returns>
    public static StoreSnapshot? Take(StoreContents contents, HashWheel? expiries, MessageSchedules? schedules, SourceProgress? sources)
    {
        if (StoreSnapshotDraft.Begin(contents) is not { } draft) return null;
        draft.Add(int.MaxValue);
        return draft.Finish(expiries, schedules, sources);
    }

    /// <summary>Writes it, without the store's lock.</summary>
    /// <exception cref="DiskException">A file could not be written: the old one is there still.</exception>
    public void Write(FileStoreOptions options)
    {
        HighwayHashKey key = StoreHashKey.OfStream(options.Name);
        string directory = StoreFileNames.MessagesOf(options.Directory);
        if (options.Keys is null) DiskFiles.Replace(options.Disk, directory, StoreFileNames.Index, file => WritePlain(file, key));
        else WriteSealed(options, directory, key);

        var files = new PerMessageFiles(options.Disk, options.Directory, key);
        if (_expiries is not null) files.WriteExpiries(_expiries);
        if (_schedules is not null) files.WriteSchedules(_schedules);
        if (_hasSources) files.WriteSources(_sources);
    }

    private void WritePlain(IDiskFile file, HighwayHashKey key)
    {
        ulong hash = _index.Hash(key);
        _index.WriteUInt64(hash);
        _index.WriteTo(file);
    }

    private void WriteSealed(FileStoreOptions options, string directory, HighwayHashKey key)
    {
        // Without its key the index is not written: the next start looks into the blocks instead.
        using SealingKey? sealing = StreamKey.OpenOrCreate(options);
        if (sealing is null) return;
        byte[] nonce = new byte[sealing.NonceSize];
        options.Random.NextBytes(nonce);
        byte[] file = StreamKey.Seal(sealing, nonce, _index.ToArray(), key);
        DiskFiles.Replace(options.Disk, directory, StoreFileNames.Index, output => output.Write(0, file));
    }
}
