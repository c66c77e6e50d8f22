namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>An open file of an <see cref="IDisk"/>. Any thread, as far as the ranges do not overlap; <see cref="Truncate"/> and disposal alone.</summary>
public interface IDiskFile : IDisposable
{
    string Path { get; }

    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends, and returns how much.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all, or throws: then any part of the range may have been written. A gap before the offset is filled with zeros.</summary>
    void Write(long offset, ReadOnlySpan<byte> data);

    /// <summary>Makes the file shorter, or longer with zeros.</summary>
    void Truncate(long length);

    /// <summary>Makes what was written durable, with the length that is needed to read it (fdatasync). After it has thrown, nothing written since the last success may be relied on.</summary>
    void Sync();
}
