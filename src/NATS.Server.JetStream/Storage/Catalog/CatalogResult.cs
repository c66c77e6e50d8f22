namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>What became of creating or deleting a stream or consumer.</summary>
public enum CatalogResult
{
    /// <summary>It is done, and stays so after a power cut.</summary>
    Ok,

    /// <summary>There is one of this name, or what may be left of one: nothing was changed.</summary>
    Exists,

    /// <summary>There is none of this name.</summary>
    NotFound,

    /// <summary>It can have no such name (<see cref="AssetName"/>).</summary>
    InvalidName,

    /// <summary>One of this name is being created or deleted at this moment.</summary>
    Busy,

    /// <summary>The key of the stream cannot be opened: what is encrypted with it would be lost.</summary>
    Locked,
}
