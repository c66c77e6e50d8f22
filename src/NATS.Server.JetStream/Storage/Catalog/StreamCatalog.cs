using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Thread-safe. The stored streams of a server, by account.</summary>
/// <remarks>
/// <para>
/// <see cref="ListAll"/> only looks which directories there are: it is what a server does before it listens. <see cref="OpenAll"/> then reads metadata and opens the stores, many at a time; whoever
/// needs a stream before its turn calls <see cref="StreamFolder.Open(ICatalogReader, long)"/>. A stream that cannot be opened has a <see cref="StreamFolder.Failure"/>, and all others serve. Nothing is
/// ever deleted because it could not be read, nor is what is unknown.
/// </para>
/// <para>
/// Streams and consumers come into being under a hidden name, complete and durable, and then get their own; they are deleted by the rename to a hidden name, and removed later by
/// <see cref="RemoveNext"/>. So there is never a part of one.
/// </para>
/// </remarks>
public sealed class StreamCatalog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, AccountFolder> _accounts = new(StringComparer.Ordinal);
    private readonly HiddenDirectories _hidden;

    /// <summary>Names the directory; nothing is read.</summary>
    public StreamCatalog(CatalogOptions options)
    {
        Options = options;
        _hidden = new HiddenDirectories(options.Disk, options.RemovalWake);
    }

    public CatalogOptions Options { get; }

    /// <summary>The accounts that are known: by <see cref="ListAll"/>, or since they were asked for.</summary>
    public IReadOnlyList<AccountFolder> Accounts
    {
        get
        {
            lock (_lock) return [.. _accounts.Values];
        }
    }

    /// <summary>How many directories wait for <see cref="RemoveNext"/>.</summary>
    public int DirectoriesToRemove => _hidden.Condemned;

    /// <summary>Looks which accounts and streams there are.</summary>
    /// <param name="findings">Gets what is odd, and was left alone.</param>
    /// <exception cref="DiskException">The directory of the store could not be read.</exception>
    public void ListAll(List<StoreFinding> findings)
    {
        foreach (DiskEntry entry in Options.Disk.List(Options.Directory))
        {
            string path = $"{Options.Directory}/{entry.Name}";
            if (entry.Name.StartsWith(CatalogDirectories.Probe, StringComparison.Ordinal) && !entry.IsDirectory) continue;
            if (entry.IsDirectory && entry.Name == AssetName.Staging) _hidden.CondemnFound(path);
            else if (ProblemOf(entry, path, AssetName.ProblemOfAccount(entry.Name), "account") is { } problem) findings.Add(problem);
            else ListAccount(entry.Name, path, findings);
        }
    }

    /// <summary>The streams of an account, of which there may be none; nothing is created.</summary>
    /// <returns>Null when there can be no directory of this name (<see cref="AssetName.ProblemOfAccount"/>).</returns>
    public AccountFolder? Account(string name)
    {
        if (AssetName.ProblemOfAccount(name) is not null) return null;
        lock (_lock)
        {
            if (!_accounts.TryGetValue(name, out AccountFolder? account)) _accounts.Add(name, account = new AccountFolder(this, _hidden, name));
            return account;
        }
    }

    /// <summary>Stops the streams of an account and forgets it: what is stored of it is looked up anew when somebody asks for it.</summary>
    /// <param name="name">Nobody uses its streams any more.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    public void Release(string name, long nowNs)
    {
        AccountFolder? account;
        lock (_lock)
        {
            if (!_accounts.Remove(name, out account)) return;
        }

        foreach (StreamFolder stream in account.Streams) stream.Stop(nowNs);
    }

    /// <summary>Opens all streams that are known and not open.</summary>
    /// <param name="reader">Reads configurations, and takes over what is open. The streams without one are told too.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    public void OpenAll(ICatalogReader reader, long nowNs)
    {
        StreamFolder[] streams = [.. Accounts.SelectMany(account => account.Streams)];
        RunAll(streams.Length, i => streams[i].Open(reader, nowNs));
    }

    /// <summary>Stops all streams and consumers: what is in memory is written, synced and closed.</summary>
    public void StopAll(long nowNs)
    {
        StreamFolder[] streams = [.. Accounts.SelectMany(account => account.Streams)];
        RunAll(streams.Length, i => streams[i].Stop(nowNs));
    }

    /// <summary>Removes one of the directories that were deleted, by this process or before. It may take long, and nobody else waits for it. One thread at a time.</summary>
    /// <param name="report">Gets what could not be removed.</param>
    /// <returns>False when there was none.</returns>
    public bool RemoveNext(Action<StoreFinding> report) => _hidden.RemoveNext(report);

    /// <summary>Moves the accounts of servers that knew no directory <c>jetstream</c> below <c>store_dir</c> into it, if there is nothing yet.</summary>
    /// <param name="storeDirectory">The configured <c>store_dir</c>.</param>
    /// <param name="isAccount">Whether there is an account of this name: anything else is left where it is.</param>
    /// <returns>The accounts that were moved.</returns>
    /// <exception cref="DiskException">Some may have been moved.</exception>
    /// <remarks>Reference: nats-server jetstream.go checkStoreDir.</remarks>
    public IReadOnlyList<string> MoveFromFlatLayout(string storeDirectory, Func<string, bool> isAccount)
    {
        IDisk disk = Options.Disk;
        if (disk.List(Options.Directory).Count > 0) return [];
        List<string> moved = [];
        foreach (DiskEntry entry in disk.List(storeDirectory))
        {
            string from = $"{storeDirectory}/{entry.Name}";
            if (!entry.IsDirectory || from == Options.Directory || AssetName.ProblemOfAccount(entry.Name) is not null || !isAccount(entry.Name)) continue;
            if (moved.Count == 0) CatalogDirectories.CreateDurably(disk, Options.Directory, Options.Directory);
            disk.Rename(from, $"{Options.Directory}/{entry.Name}");
            moved.Add(entry.Name);
        }

        if (moved.Count == 0) return moved;
        disk.SyncDirectory(Options.Directory);
        disk.SyncDirectory(storeDirectory);
        return moved;
    }

    /// <summary>What is wrong with something that is found where the directory of an asset is expected; null when nothing is.</summary>
    internal StoreFinding? ProblemOf(DiskEntry entry, string path, string? nameProblem, string kind)
    {
        string? problem = nameProblem;
        if (!entry.IsDirectory) problem = "it is no directory";
        else if (nameProblem is null && entry.Name.Contains('\uFFFD', StringComparison.Ordinal) && !Options.Disk.DirectoryExists(path)) problem = "its name is not UTF-8";
        return problem is null ? null : new StoreFinding(StoreFindingKind.Note, path, $"is not the directory of {(kind[0] == 'a' ? "an" : "a")} {kind}: {problem}; it is left alone", IsRepaired: false);
    }

    /// <summary>Calls an action for each number below a count.</summary>
    internal void RunAll(int count, Action<int> action)
    {
        if (Options.InParallel is { } run && count > 1)
        {
            run(count, action);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            action(i);
        }
    }

    // An account that holds only the Raft groups, or nothing, has no streams.
    private void ListAccount(string name, string path, List<StoreFinding> findings)
    {
        try
        {
            foreach (DiskEntry entry in Options.Disk.List(path))
            {
                string below = $"{path}/{entry.Name}";
                if (entry is { IsDirectory: true, Name: CatalogDirectories.Streams }) Account(name)!.List(findings);
                else if (entry is { IsDirectory: true, Name: CatalogDirectories.Snapshots }) SetAside(path, below);
                else if (entry.Name != CatalogDirectories.Raft) findings.Add(new StoreFinding(StoreFindingKind.Note, below, "is nothing that belongs to an account; it is left alone", IsRepaired: false));
            }
        }
        catch (DiskException failure)
        {
            findings.Add(new StoreFinding(StoreFindingKind.Loss, path, $"the streams of this account cannot be listed: {failure.Message}", IsRepaired: false));
        }
    }

    // Under another name, so that a restore that begins before it is removed does not lose its files.
    private void SetAside(string account, string unfinished)
    {
        string streams = $"{account}/{CatalogDirectories.Streams}";
        Options.Disk.CreateDirectory(streams);
        string hidden = _hidden.NewPath(streams, CatalogDirectories.Snapshots);
        Options.Disk.Rename(unfinished, hidden);
        _hidden.Condemn(hidden);
    }
}
