using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.Storage;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Inspection;

namespace NATS.Server.Host.StoreCommands;

/// <summary><c>nats-server store</c>: works on the files of a store that no server has open, and ends. Single-threaded.</summary>
internal sealed class StoreCommand
{
    /// <summary>Where a key is looked for that is on no command line and in no file.</summary>
    public const string KeyVariable = "NATS_STORE_KEY";

    /// <summary>As <see cref="KeyVariable"/> for the key before.</summary>
    public const string PreviousKeyVariable = "NATS_STORE_PREV_KEY";

    private const string BackupArchiveFile = "stream.arc.s2";
    private const string BackupDescriptionFile = "backup.json";
    private const int Healthy = 0;
    private const int Found = 1;
    private const int NotDone = 2;

    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly Func<Stream> _content;

    /// <summary>Prepares a run.</summary>
    /// <param name="output">What was asked for.</param>
    /// <param name="error">Why it could not be done.</param>
    /// <param name="content">Opens standard output for what is exported.</param>
    public StoreCommand(TextWriter output, TextWriter error, Func<Stream> content)
    {
        _output = output;
        _error = error;
        _content = content;
    }

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">What follows <c>store</c>.</param>
    /// <returns>The exit code.</returns>
    public int Run(IReadOnlyList<string> arguments)
    {
        if (!StoreArguments.TryParse(arguments, out StoreArguments? asked, out string? problem))
        {
            if (problem.Length > 0) _error.WriteLine($"nats-server: {problem}");
            _error.WriteLine(StoreUsage.Text);
            return NotDone;
        }

        if (asked.AsksForHelp)
        {
            _output.WriteLine(StoreUsage.Text);
            return Healthy;
        }

        try
        {
            return Run(asked);
        }
        catch (DiskException failure)
        {
            return Fail(failure.Message);
        }
    }

    private int Run(StoreArguments asked)
    {
        JetStreamSettings? settings = null;
        if (asked.ConfigFile is { } config && !JetStreamSettings.TryRead(config, out settings, out string? unread)) return Fail(unread);
        string directory = asked.Directory.Length > 0 ? asked.Directory : settings!.StoreDirectory;
        if (directory.Length == 0) return Fail($"{asked.ConfigFile} names no store_dir");
        if (TryReadOptions(asked, settings, out InspectionOptions? options) is { } bad) return Fail(bad);

        directory = Path.GetFullPath(directory).Replace('\\', '/').TrimEnd('/');
        var disk = new ReadingDisk();
        if (!StoreDirectory.TryOpen(disk, directory, asked.Account, asked.Stream, out StoreDirectory? store, out string? problem)) return Fail(problem);
        if (asked is { Verb: "export", IsJsonLines: false } && store.Streams.Count != 1) return Fail("a backup is of one stream: --account and --stream say of which");
        if (StoreHolders.Find(directory) is { } holder) return Fail($"{directory} is in use by {holder}: stop it first");
        if (StoreInspection.CheckKeys(disk, store, options!) is { } locked) return Fail(locked);
        return asked.Verb switch
        {
            "verify" => Verify(asked, disk, store, options!),
            "repair" => Repair(asked, disk, store, options!),
            _ => Export(asked, disk, store, options!),
        };
    }

    private int Verify(StoreArguments asked, ReadingDisk disk, StoreDirectory store, InspectionOptions options)
    {
        StoreReport report = StoreInspection.Verify(disk, store, options, asked.IsJson ? null : stream => Print(asked, stream));
        if (asked.IsJson) PrintJson(json => StoreReportJson.Write(json, report));
        else PrintEnd(asked, report);
        return report.IsDamaged ? Found : Healthy;
    }

    private int Repair(StoreArguments asked, ReadingDisk reading, StoreDirectory store, InspectionOptions options)
    {
        using var writing = new SystemDisk();
        IDisk disk = asked.IsDryRun ? new OverlayDisk(reading) : writing;
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string stamp = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        StoreRepairReport report = StoreRepair.Run(disk, store, options, (now - DateTimeOffset.UnixEpoch).Ticks * 100, stamp, asked.IsJson ? null : stream => Print(asked, stream));
        if (asked.IsJson)
        {
            PrintJson(json => StoreRepairText.Write(json, report));
        }
        else
        {
            foreach (string line in StoreReportText.LinesOf(report.Findings, report.Directory, asked.IsVerbose)) _output.WriteLine(line.TrimStart());
            if (!asked.IsQuiet) _output.WriteLine(StoreRepairText.SummaryOf(report));
        }

        return report.IsWell ? Healthy : Found;
    }

    private int Export(StoreArguments asked, ReadingDisk disk, StoreDirectory store, InspectionOptions options)
    {
        try
        {
            if (!asked.IsJsonLines) return BackUp(asked, disk, store.Streams[0], options);
            using Stream output = asked.To is null or "-" ? _content() : ExportFile.Create(asked.To);
            bool isWell = true;
            foreach (StreamDirectory stream in store.Streams)
            {
                long written = StoreExport.WriteLines(disk, stream, options, output, out StreamReport report);
                isWell &= !report.IsDamaged;
                foreach (string line in StoreReportText.LinesOf(report, isVerbose: false, isQuiet: true)) _error.WriteLine(line);
                if (!asked.IsQuiet) _error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stream}: {written} messages written"));
            }

            return isWell ? Healthy : Found;
        }
        catch (Exception problem) when (problem is IOException and not DiskException or UnauthorizedAccessException)
        {
            return Fail(ErrorText.FileError("write", asked.To ?? "standard output", problem));
        }
    }

    // The layout of the nats command line.
    private int BackUp(StoreArguments asked, ReadingDisk disk, StreamDirectory stream, InspectionOptions options)
    {
        Directory.CreateDirectory(asked.To!);
        string archive = Path.Combine(asked.To!, BackupArchiveFile);
        string? problem;
        StreamReport report;
        byte[] description;
        using (FileStream output = ExportFile.Create(archive))
        {
            long nowNs = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
            problem = StoreExport.WriteBackup(disk, stream, options, nowNs, output, out description, out report);
        }

        if (problem is not null)
        {
            File.Delete(archive);
            return Fail(problem);
        }

        using (FileStream output = ExportFile.Create(Path.Combine(asked.To!, BackupDescriptionFile))) output.Write(description);
        foreach (string line in StoreReportText.LinesOf(report, isVerbose: false, isQuiet: true)) _error.WriteLine(line);
        if (!asked.IsQuiet) _error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stream}: {report.Messages} messages written"));
        return report.IsDamaged ? Found : Healthy;
    }

    private void Print(StoreArguments asked, StreamRepairReport stream)
    {
        foreach (string line in StoreRepairText.LinesOf(stream, asked.IsVerbose, asked.IsQuiet)) _output.WriteLine(line);
    }

    private void Print(StoreArguments asked, StreamReport stream)
    {
        foreach (string line in StoreReportText.LinesOf(stream, asked.IsVerbose, asked.IsQuiet)) _output.WriteLine(line);
    }

    private void PrintEnd(StoreArguments asked, StoreReport report)
    {
        foreach (string line in StoreReportText.LinesOf(report.Findings, report.Directory, asked.IsVerbose)) _output.WriteLine(line.TrimStart());
        if (!asked.IsQuiet) _output.WriteLine(StoreReportText.SummaryOf(report));
    }

    private void PrintJson(Action<Utf8JsonWriter> write) => _output.WriteLine(JsonText.Of(write, isIndented: true));

    private int Fail(string problem)
    {
        _error.WriteLine($"nats-server: {problem}");
        return NotDone;
    }

    // The command line before files, files before the configuration, that before the environment.
    private static string? TryReadOptions(StoreArguments asked, JetStreamSettings? settings, out InspectionOptions? options)
    {
        options = null;
        StoreCipher cipher = StoreCipher.ChaCha;
        switch ((asked.Cipher ?? settings?.Cipher)?.ToUpperInvariant())
        {
            case null or "" or "CHACHA" or "CHACHAPOLY": break;
            case "AES": cipher = StoreCipher.Aes; break;
            default: return $"unknown cipher {asked.Cipher ?? settings?.Cipher}: chacha or aes";
        }

        if (TryReadKey(asked.Key, asked.KeyFile, settings?.Key, KeyVariable, out string? key) is { } unread) return unread;
        if (TryReadKey(asked.PreviousKey, asked.PreviousKeyFile, settings?.PreviousKey, PreviousKeyVariable, out string? previous) is { } unreadToo) return unreadToo;
        options = new InspectionOptions { Key = key, PreviousKey = previous, Cipher = cipher, Random = SecureRandom.Instance };
        return null;
    }

    private static string? TryReadKey(string? given, string? file, string? configured, string variable, out string? key)
    {
        key = given;
        if (key is not null) return null;
        if (file is null)
        {
            key = configured ?? Environment.GetEnvironmentVariable(variable);
            return null;
        }

        try
        {
            key = File.ReadAllText(file).TrimEnd('\r', '\n');
            return key.Length == 0 ? $"{file} is empty" : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return ErrorText.FileError("open", file, problem);
        }
    }
}
