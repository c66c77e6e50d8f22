using Microsoft.Extensions.Logging;

namespace NATS.Server.Host.Logging;

/// <summary>Lines to standard error, one write each. One thread at a time.</summary>
internal sealed class StandardErrorSink(LogLine line, Stream standardError) : ILogSink
{
    public void Write(LogLevel level, ReadOnlySpan<char> text)
    {
        try
        {
            standardError.Write(line.Render(level, text));
        }
        catch (IOException)
        {
            // Whoever read standard error is gone. There is no other place to say so.
        }
    }

    public void Dispose()
    {
        // Standard error belongs to the process.
    }
}
