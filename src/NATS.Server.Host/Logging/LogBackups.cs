using System.Globalization;

namespace NATS.Server.Host.Logging;

/// <summary>Rotated log files: <c>name.yyyy.mm.dd.hh.mm.ss.nnnnnnnnn</c>.</summary>
internal static class LogBackups
{
    /// <summary>Names of the backups of a log file, oldest first.</summary>
    public static List<string> In(string directory, string logFile)
    {
        var backups = new List<string>();
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            if (IsBackup(Path.GetFileName(path), logFile))
                backups.Add(Path.GetFileName(path));
        }
        backups.Sort(StringComparer.Ordinal);
        return backups;
    }

    /// <summary>Whether a file name is that of a backup of <paramref name="logFile"/>; other files beside the log are never touched.</summary>
    internal static bool IsBackup(string name, string logFile)
    {
        const int DateLength = 19; // yyyy.MM.dd.HH.mm.ss
        if (!name.StartsWith(logFile, StringComparison.Ordinal) || name.Length < logFile.Length + 1 + DateLength || name[logFile.Length] != '.')
            return false;
        var stamp = name.AsSpan(logFile.Length + 1);
        var fraction = stamp[DateLength..];
        return DateTime.TryParseExact(stamp[..DateLength], "yyyy.MM.dd.HH.mm.ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && (fraction.IsEmpty || (fraction[0] == '.' && fraction.Length is > 1 and <= 10 && !fraction[1..].ContainsAnyExceptInRange('0', '9')));
    }
}
