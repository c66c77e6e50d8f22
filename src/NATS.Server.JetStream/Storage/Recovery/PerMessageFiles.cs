using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>
/// Owned by one user at a time. What <c>thw.db</c>, <c>sched.db</c> and <c>sources.db</c> say: deadlines, schedules and sources, each with the sequence from which on
/// messages have to be looked at because the file is older than they.
/// </summary>
internal sealed class PerMessageFiles
{
    private const long LongestFile = 1 << 30;

    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly HighwayHashKey _key;

    /// <summary>Names the files of a store.</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="directory">Of the stream.</param>
    /// <param name="key">Of the stream.</param>
    public PerMessageFiles(IDisk disk, string directory, HighwayHashKey key)
    {
        _disk = disk;
        _directory = directory;
        _key = key;
    }

    private delegate bool Decode<T>(ReadOnlySpan<byte> content, [NotNullWhen(true)] out T? value, out ulong stamp)
        where T : class;

    /// <summary>When messages with a time to live end.</summary>
    /// <param name="from">Messages at or above are not in it; 0 for all.</param>
    /// <param name="problem">Why the file does not count, or null.</param>
    public HashWheel? ReadExpiries(out ulong from, out string? problem) =>
        Read<HashWheel>($"{StoreFileNames.Messages}/{StoreFileNames.Expiries}", DecodeWheel, out from, out problem);

    /// <summary>As <see cref="ReadExpiries"/>: when schedules are due.</summary>
    public List<StoredSchedule>? ReadSchedules(out ulong from, out string? problem) =>
        Read<List<StoredSchedule>>($"{StoreFileNames.Messages}/{StoreFileNames.Schedules}", SchedulesFile.TryDecode, out from, out problem);

    /// <summary>As <see cref="ReadExpiries"/>: how far sources were read.</summary>
    public List<StoredSource>? ReadSources(out ulong from, out string? problem) =>
        Read<List<StoredSource>>(StoreFileNames.Sources, SourcesFile.TryDecode, out from, out problem);

    /// <summary>Writes <c>thw.db</c>.</summary>
    public void WriteExpiries(ArrayBufferWriter<byte> content) => Write(StoreFileNames.MessagesOf(_directory), StoreFileNames.Expiries, content);

    /// <summary>Writes <c>sched.db</c>.</summary>
    public void WriteSchedules(ArrayBufferWriter<byte> content) => Write(StoreFileNames.MessagesOf(_directory), StoreFileNames.Schedules, content);

    /// <summary>Writes <c>sources.db</c>; removes it when there is nothing to say.</summary>
    public void WriteSources(ArrayBufferWriter<byte>? content)
    {
        if (content is null) _disk.DeleteFile($"{_directory}/{StoreFileNames.Sources}");
        else Write(_directory, StoreFileNames.Sources, content);
    }

    /// <summary>Removes all of them, durably but for those in the directory of the messages.</summary>
    /// <exception cref="DiskException">One could not be deleted.</exception>
    public void Delete()
    {
        _disk.DeleteFile($"{StoreFileNames.MessagesOf(_directory)}/{StoreFileNames.Expiries}");
        _disk.DeleteFile($"{StoreFileNames.MessagesOf(_directory)}/{StoreFileNames.Schedules}");
        if (!_disk.FileExists($"{_directory}/{StoreFileNames.Sources}")) return;
        _disk.DeleteFile($"{_directory}/{StoreFileNames.Sources}");
        _disk.SyncDirectory(_directory);
    }

    private static bool DecodeWheel(ReadOnlySpan<byte> content, [NotNullWhen(true)] out HashWheel? wheel, out ulong stamp) =>
        HashWheel.TryDecode(content, out wheel, out stamp, out _);

    private T? Read<T>(string name, Decode<T> decode, out ulong from, out string? problem)
        where T : class
    {
        from = 0;
        byte[]? file = DiskFiles.Read(_disk, $"{_directory}/{name}", LongestFile, out problem);
        if (file is null) return null;
        problem = "it is damaged";
        if (!SealedFile.TryCheck(file, _key, out int length) || !decode(file.AsSpan(0, length), out T? value, out ulong stamp)) return null;

        // Without a checksum its numbers have at least to end where it does: with one byte less nothing can be read.
        if (length == file.Length && decode(file.AsSpan(0, length - 1), out _, out _)) return null;
        problem = null;
        from = stamp;
        return value;
    }

    private void Write(string directory, string name, ArrayBufferWriter<byte> content)
    {
        SealedFile.Seal(content, _key);
        DiskFiles.Replace(_disk, directory, name, file => file.Write(0, content.WrittenSpan));
    }
}
