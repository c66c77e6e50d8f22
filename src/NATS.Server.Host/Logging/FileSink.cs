using System.Globalization;
using Microsoft.Extensions.Logging;
using NATS.Server.Core.Config;

namespace NATS.Server.Host.Logging;

/// <summary>
/// Lines appended to a file that is rotated by size. One thread at a time.
/// A line that cannot be written is lost, said once on standard error until writing works again; the server goes on.
/// </summary>
internal sealed class FileSink : ILogSink
{
    private readonly string _path;
    private readonly LogLine _line;
    private readonly TimeProvider _time;
    private readonly Action<string> _reportTrouble;
    private readonly long _sizeLimit;
    private readonly long _maxFiles;
    private AppendFile _file;
    private long _nextRotation;
    private bool _isFailing;

    /// <summary>Opens or creates the file.</summary>
    /// <param name="path">The log file.</param>
    /// <param name="sizeLimit">Bytes after which the file is rotated; 0 or less never.</param>
    /// <param name="maxFiles">Files kept, the current one included; 0 or less keeps all.</param>
    /// <param name="line">The form of the lines; only this sink uses it.</param>
    /// <param name="time">The clock that names backups.</param>
    /// <param name="reportTrouble">Receives what this sink cannot write into its own file.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be opened.</exception>
    public FileSink(string path, long sizeLimit, long maxFiles, LogLine line, TimeProvider time, Action<string> reportTrouble)
    {
        _path = path;
        _sizeLimit = sizeLimit;
        _maxFiles = maxFiles;
        _line = line;
        _time = time;
        _reportTrouble = reportTrouble;
        _file = AppendFile.Open(path);
        _nextRotation = sizeLimit > 0 && _file.IsRegular ? sizeLimit : long.MaxValue;
        if (_file.Length > _nextRotation)
            Write(LogLevel.Information, "Rotating logfile...");
    }

    public void Write(LogLevel level, ReadOnlySpan<char> text)
    {
        if (Append(level, text) && _file.Length > _nextRotation)
            Rotate();
    }

    public void Dispose() => _file.Dispose();

    private bool Append(LogLevel level, ReadOnlySpan<char> text)
    {
        try
        {
            _file.Append(_line.Render(level, text));
            _isFailing = false;
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            if (!_isFailing)
                _reportTrouble($"log file {_path} cannot be written, lines are lost: {exception.Message}");
            _isFailing = true;
            return false;
        }
    }

    private void Rotate()
    {
        var now = _time.GetLocalNow();
        // .NET knows 100 ns; the name has nine digits so that names sort and other tools recognise them.
        var backup = string.Create(CultureInfo.InvariantCulture, $"{_path}.{now:yyyy.MM.dd.HH.mm.ss.fffffff}00");
        AppendFile fresh;
        try
        {
            File.Move(_path, backup);
            fresh = AppendFile.Open(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The open file still takes lines, under whichever name it has now.
            _nextRotation = _nextRotation > long.MaxValue / 2 ? long.MaxValue : _nextRotation * 2;
            Append(LogLevel.Error, $"Unable to rotate logfile ({exception.Message}), will attempt next rotation at size {_nextRotation}");
            return;
        }
        _file.Dispose();
        _file = fresh;
        _nextRotation = _sizeLimit;
        Append(LogLevel.Information, $"Rotated log, backup saved as {GoFormat.Quote(backup)}");
        if (_maxFiles > 0)
            Purge();
    }

    private void Purge()
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        List<string> backups;
        try
        {
            backups = LogBackups.In(directory, Path.GetFileName(_path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Append(LogLevel.Error, $"Unable to read directory {GoFormat.Quote(directory)} for log purge ({exception.Message}), will attempt next rotation");
            return;
        }
        foreach (var backup in backups.SkipLast((int)Math.Min(_maxFiles - 1, int.MaxValue)))
        {
            try
            {
                File.Delete(Path.Join(directory, backup));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Append(LogLevel.Error, $"Unable to remove backup log file {GoFormat.Quote(backup)} ({exception.Message}), will attempt next rotation");
                return;
            }
            Append(LogLevel.Information, $"Purged log file {GoFormat.Quote(backup)}");
        }
    }
}
