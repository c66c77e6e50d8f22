namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Pure. Where the files of a store lie that are not those of a single block.</summary>
internal static class StoreFileNames
{
    public const string Messages = "msgs";

    public const string Index = "index.db";

    public const string Expiries = "thw.db";

    public const string Schedules = "sched.db";

    /// <summary>Beside <c>msgs</c>, so that a purge does not take it.</summary>
    public const string Sources = "sources.db";

    /// <summary>The key of the stream, for its metadata and its index.</summary>
    public const string Key = "meta.key";

    public const string Meta = "meta.inf";

    /// <summary>What a purge has moved away, to be deleted.</summary>
    public const string Purged = "__msgs__";

    /// <summary>What a purge has prepared, to take the place of the messages.</summary>
    public const string Prepared = "__new_msgs__";

    /// <summary>What the name of a block ends with.</summary>
    public const string BlockEnding = ".blk";

    /// <summary>Of the lengths of a block's records. nats-server does not know it.</summary>
    public const string GuardEnding = ".guard";

    /// <summary>Of the key of a block.</summary>
    public const string KeyEnding = ".key";

    /// <summary>Of a block's file beside its key. nats-server does not know it.</summary>
    public const string TwinEnding = ".twin";

    /// <summary>What a file is called until it is complete.</summary>
    public const string Unfinished = ".tmp";

    public static string MessagesOf(string directory) => $"{directory}/{Messages}";
}
