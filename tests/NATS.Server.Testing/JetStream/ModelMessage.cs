namespace NATS.Server.Testing.JetStream;

/// <summary>Owned by a run. What a model knows of a message that it published.</summary>
internal sealed class ModelMessage
{
    /// <summary>Its payload, but for blanks; no two have the same.</summary>
    public required string Id { get; init; }

    public required string Subject { get; init; }

    /// <summary>So many blanks follow in its payload.</summary>
    public int Padding { get; init; }

    /// <summary>By which the stream knows duplicates; empty for none.</summary>
    public string DuplicateId { get; init; } = "";

    /// <summary>The value of its header, or empty.</summary>
    public string Rollup { get; init; } = "";

    public ModelBatch? Batch { get; init; }

    /// <summary>Which of its batch, from 0.</summary>
    public int Index { get; init; }

    /// <summary>When it was published, or its batch committed.</summary>
    public required long TimeNs { get; set; }

    /// <summary>In which life of the server.</summary>
    public required int Life { get; init; }

    /// <summary>As soon as it is known; 0 before.</summary>
    public ulong Sequence { get; set; }

    /// <summary>The publisher was told that it is stored.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>The publisher was told so by its own answer: what it replaces is gone.</summary>
    public bool HasReplaced { get; set; }

    /// <summary>The publisher was told that it is not.</summary>
    public bool IsRefused { get; set; }

    public bool Replaces(ModelMessage other) => Sequence > other.Sequence && (Rollup == "all" || (Rollup == "sub" && Subject == other.Subject));
}

/// <summary>Owned by a run. Messages that are stored together or not at all.</summary>
internal sealed class ModelBatch(string id)
{
    public string Id => id;

    public List<ModelMessage> Messages { get; } = [];

    /// <summary>The last message was sent: from then on it may be stored.</summary>
    public bool IsCommitted { get; set; }

    /// <summary>One of its messages was refused, and so the batch.</summary>
    public bool IsRefused { get; set; }
}
