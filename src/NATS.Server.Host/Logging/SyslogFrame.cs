using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace NATS.Server.Host.Logging;

/// <summary>RFC 3164 messages in the two forms of Go's syslog package. Immutable; pure.</summary>
/// <param name="IsLocal">To a daemon of this machine: short time, no host name.</param>
/// <param name="IsMachineLog">Facility <c>daemon</c> instead of <c>kern</c>.</param>
/// <param name="HostName">This machine, for remote daemons.</param>
/// <param name="Tag">The program.</param>
/// <param name="ProcessId">This process.</param>
internal sealed record SyslogFrame(bool IsLocal, bool IsMachineLog, string HostName, string Tag, int ProcessId)
{
    private const int DaemonFacility = 3 << 3;

    /// <summary>One message as UTF-8, ended by a line feed.</summary>
    public byte[] Render(DateTimeOffset now, LogLevel level, ReadOnlySpan<char> text)
    {
        var priority = SeverityOf(level) + (IsMachineLog ? DaemonFacility : 0);
        var message = text.EndsWith("\n") ? text[..^1] : text;
        return Encoding.UTF8.GetBytes(IsLocal
            ? string.Create(CultureInfo.InvariantCulture, $"<{priority}>{now:MMM} {now.Day,2} {now:HH:mm:ss} {Tag}[{ProcessId}]: {message}\n")
            : string.Create(CultureInfo.InvariantCulture, $"<{priority}>{Rfc3339(now)} {HostName} {Tag}[{ProcessId}]: {message}\n"));
    }

    private static string Rfc3339(DateTimeOffset time) =>
        time.ToString(time.Offset == TimeSpan.Zero ? "yyyy-MM-ddTHH:mm:ssZ" : "yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);

    // Trace lines are notices, as in the reference: most daemons throw debug away.
    private static int SeverityOf(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Debug => 7,
        _ => 5,
    };
}
