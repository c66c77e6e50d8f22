namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>How bad it is what was found.</summary>
public enum StoreFindingKind
{
    /// <summary>Nothing is wrong, such as a directory that the other server wrote last.</summary>
    Note,

    /// <summary>A file was damaged, and nothing is lost by it.</summary>
    Damage,

    /// <summary>Something is lost, or an older form of it had to be taken.</summary>
    Loss,
}

/// <summary>What was found in the files of a store.</summary>
/// <param name="Kind">How bad it is.</param>
/// <param name="Path">Of the file or directory.</param>
/// <param name="Text">What is wrong, and what was made of it.</param>
/// <param name="IsRepaired">Whether the file is good again.</param>
public sealed record StoreFinding(StoreFindingKind Kind, string Path, string Text, bool IsRepaired)
{
    public override string ToString() => $"{Path}: {Text}";
}
