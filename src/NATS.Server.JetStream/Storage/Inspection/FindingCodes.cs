namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>The codes of findings. Part of the JSON of reports: they stay what they are.</summary>
public static class FindingCodes
{
    /// <summary>The configuration of a stream or consumer, its checksum, or the twin of both.</summary>
    public const string Metadata = "metadata";

    /// <summary>A key file or its twin.</summary>
    public const string Key = "key";

    /// <summary>Records of a block are damaged, and messages are lost.</summary>
    public const string Records = "records";

    /// <summary>Lengths of records were damaged, and can be told.</summary>
    public const string Lengths = "lengths";

    /// <summary>The last block ends within a record that was never written to its end.</summary>
    public const string TornTail = "torn_tail";

    /// <summary>A block cannot be read at all.</summary>
    public const string Block = "block";

    /// <summary>A guard file does not fit its block.</summary>
    public const string Guard = "guard";

    /// <summary><c>index.db</c>.</summary>
    public const string Index = "index";

    /// <summary>Messages are missing that were there.</summary>
    public const string Missing = "missing";

    /// <summary><c>thw.db</c>, <c>sched.db</c> or <c>sources.db</c>.</summary>
    public const string SmallFile = "small_file";

    /// <summary>The state of a consumer or its twin.</summary>
    public const string ConsumerState = "consumer_state";

    /// <summary>A consumer has seen messages that the stream never had.</summary>
    public const string ConsumerAhead = "consumer_ahead";

    /// <summary>What is left of an operation that was cut short, or of an older server.</summary>
    public const string Leftover = "leftover";

    /// <summary>Something that the check does not look at.</summary>
    public const string NotChecked = "not_checked";
}
