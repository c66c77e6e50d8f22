using System.Diagnostics.CodeAnalysis;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Immutable. Which streams there are below a directory that may be all of a store or a part of it.</summary>
public sealed class StoreDirectory
{
    private const string Root = "jetstream";
    private const string StreamsOf = "streams";
    private const string ConsumersOf = "obs";
    private const string MessagesOf = "msgs";

    // Where nats-server keeps the logs of its replication, in the directory of the system account.
    private const string RaftLogs = "_js_";

    private readonly List<StreamDirectory> _streams = [];
    private readonly List<InspectionFinding> _findings = [];

    private StoreDirectory(string path) => Path = path;

    /// <summary>What was asked for.</summary>
    public string Path { get; }

    /// <summary>By account and name.</summary>
    public IReadOnlyList<StreamDirectory> Streams => _streams;

    /// <summary>What is there besides.</summary>
    public IReadOnlyList<InspectionFinding> Findings => _findings;

    /// <summary>Looks what a directory is.</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="path">The <c>store_dir</c> of a server, its <c>jetstream</c> directory, an account's, or a stream's: absolute, without a slash at the end.</param>
    /// <param name="account">Only streams of this account, or null; for the directory of a single stream that does not lie in an account's, whose it is.</param>
    /// <param name="stream">Only this stream, or null; for the directory of a single stream, its name if that is not what the directory is called.</param>
    /// <param name="store">What was found.</param>
    /// <param name="problem">Why there is none.</param>
    /// <exception cref="DiskException">It could not be listed.</exception>
    public static bool TryOpen(
        IDisk disk,
        string path,
        string? account,
        string? stream,
        [NotNullWhen(true)] out StoreDirectory? store,
        [NotNullWhen(false)] out string? problem)
    {
        store = null;
        problem = null;
        if (!disk.DirectoryExists(path))
        {
            problem = disk.FileExists(path) ? $"{path} is a file" : $"{path}: no such directory";
            return false;
        }

        var found = new StoreDirectory(path);
        if (IsAsset(disk, path))
        {
            if (NameOf(ParentOf(path)) == ConsumersOf && IsAsset(disk, ParentOf(ParentOf(path))))
            {
                problem = $"{path} is the directory of a consumer: give that of its stream, {ParentOf(ParentOf(path))}";
                return false;
            }

            string parent = ParentOf(path);
            string owner = NameOf(parent) == StreamsOf ? NameOf(ParentOf(parent)) : "$G";
            found._streams.Add(new StreamDirectory(account ?? owner, stream ?? NameOf(path), path));
        }
        else if (disk.DirectoryExists($"{path}/{Root}") && !IsAccount(disk, $"{path}/{Root}"))
        {
            found.AddAccounts(disk, $"{path}/{Root}", account, stream);
        }
        else if (disk.DirectoryExists($"{path}/{StreamsOf}"))
        {
            found.AddStreams(disk, path, account, stream);
        }
        else if (NameOf(path) == Root || disk.List(path).Any(entry => entry.IsDirectory && IsAccount(disk, $"{path}/{entry.Name}")))
        {
            found.AddAccounts(disk, path, account, stream);
        }
        else
        {
            problem = $"{path} is no store: it is neither a store_dir (with a directory {Root}), nor that, nor the directory of an account (with {StreamsOf}) or of a stream (with meta.inf and {MessagesOf})";
            return false;
        }

        if (found._streams.Count == 0 && (account is not null || stream is not null))
        {
            problem = $"there is no {(stream is null ? "stream" : $"stream {stream}")}{(account is null ? "" : $" of account {account}")} in {path}";
            return false;
        }

        found._streams.Sort((one, other) => string.CompareOrdinal(one.Account, other.Account) is var order and not 0 ? order : string.CompareOrdinal(one.Name, other.Name));
        store = found;
        return true;
    }

    private static bool IsAsset(IDisk disk, string path) =>
        disk.FileExists($"{path}/{AssetFiles.Meta}") || disk.FileExists($"{path}/{AssetFiles.MetaTwin}")
        || (disk.DirectoryExists($"{path}/{MessagesOf}") && !disk.DirectoryExists($"{path}/{StreamsOf}"));

    private static bool IsAccount(IDisk disk, string path) => disk.DirectoryExists($"{path}/{StreamsOf}") || disk.DirectoryExists($"{path}/{RaftLogs}");

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and int slash ? path[..slash] : "";

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private void AddAccounts(IDisk disk, string root, string? account, string? stream)
    {
        foreach (DiskEntry entry in disk.List(root))
        {
            if (entry.IsDirectory) AddStreams(disk, $"{root}/{entry.Name}", account, stream);
        }
    }

    private void AddStreams(IDisk disk, string accountDirectory, string? account, string? stream)
    {
        string owner = NameOf(accountDirectory);
        if (account is not null && account != owner) return;
        if (disk.DirectoryExists($"{accountDirectory}/{RaftLogs}"))
            _findings.Add(new InspectionFinding(StoreFindingKind.Note, FindingCodes.NotChecked, $"{accountDirectory}/{RaftLogs}", "the logs of a cluster are not looked at"));
        string streams = $"{accountDirectory}/{StreamsOf}";
        foreach (DiskEntry entry in disk.List(streams))
        {
            if (!entry.IsDirectory || entry.Name.StartsWith('.'))
            {
                string what = entry.IsDirectory ? "a stream that was being deleted: the server deletes it when it starts" : "a file that no server needs";
                _findings.Add(new InspectionFinding(StoreFindingKind.Note, FindingCodes.Leftover, $"{streams}/{entry.Name}", what));
            }
            else if (stream is null || stream == entry.Name)
            {
                _streams.Add(new StreamDirectory(owner, entry.Name, $"{streams}/{entry.Name}"));
            }
        }
    }
}
