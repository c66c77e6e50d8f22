using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure but for the disk, which is only read, and the output. What can be read of stores that no server has open, for elsewhere.</summary>
public static class StoreExport
{
    /// <summary>Writes the messages of a stream as JSON, one a line.</summary>
    /// <param name="disk">Only read.</param>
    /// <param name="stream">Which stream.</param>
    /// <param name="options">With its keys.</param>
    /// <param name="output">Gets the lines.</param>
    /// <param name="report">What the check of the stream found.</param>
    /// <returns>How many messages were written.</returns>
    /// <exception cref="DiskException">The store could not be read.</exception>
    public static long WriteLines(IDisk disk, StreamDirectory stream, InspectionOptions options, Stream output, out StreamReport report)
    {
        report = StreamInspector.Run(disk, stream, options);
        using StreamReading reading = StreamReading.Open(disk, stream, options, []);
        using var lines = new MessageLines(stream, output);
        long written = 0;
        reading.Visit(message =>
        {
            lines.Write(message);
            written++;
            return true;
        });
        return written;
    }
}
