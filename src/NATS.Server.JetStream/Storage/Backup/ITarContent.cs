namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Gets the files of a tar as they arrive.</summary>
internal interface ITarContent
{
    /// <summary>A file begins.</summary>
    /// <param name="name">As it stands there: not checked.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>Why it is not wanted, or null.</returns>
    RestoreFailure? BeginFile(string name, long length);

    /// <summary>Bytes of the file that was begun.</summary>
    void Write(ReadOnlySpan<byte> data);

    /// <summary>The file is complete.</summary>
    void EndFile();
}
