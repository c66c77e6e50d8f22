using Microsoft.Extensions.Logging;

namespace NATS.Server.Host.Logging;

/// <summary>Where log lines go. Called by one thread at a time; never throws from <see cref="Write"/>.</summary>
internal interface ILogSink : IDisposable
{
    void Write(LogLevel level, ReadOnlySpan<char> text);
}
