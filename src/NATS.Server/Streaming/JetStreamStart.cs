using Microsoft.Extensions.Logging;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Options;

namespace NATS.Server.Streaming;

/// <summary>
/// The first steps of JetStream: what the machine gives it, and whether it can have its directory. One thread, that of a start or a reload; blocks on the disk.
/// </summary>
/// <param name="disk">Where the store is.</param>
/// <param name="machine">What the machine has; the disk is asked here.</param>
/// <param name="log">Gets the lines in their order.</param>
internal sealed class JetStreamStart(IDisk disk, MachineResources machine, Action<JetStreamNotice> log)
{
    private const string Probe = "_test_";

    /// <summary>
    /// Resolves the options, makes the store directory, and tells the log what is in force. What comes after it is in the caller's hands: the accounts, and
    /// <see cref="JetStreamNotices.Took"/>, also after a failure.
    /// </summary>
    /// <exception cref="NatsServerException">JetStream cannot start; the message is the reason in the reference's words, see <see cref="JetStreamNotices.Failed"/>.</exception>
    public JetStreamConfiguration Prepare(JetStreamOptions options)
    {
        log(new JetStreamNotice(LogLevel.Information, JetStreamNotices.Starting));
        JetStreamConfiguration configuration = JetStreamConfiguration.Resolve(options, machine with { FreeDisk = FreeDisk(options) });
        foreach (JetStreamNotice notice in JetStreamNotices.Decisions(configuration)) log(notice);
        if (FindObstacle(configuration) is { } reason) throw new NatsServerException(reason);
        foreach (JetStreamNotice notice in JetStreamNotices.Summary(configuration)) log(notice);
        return configuration;
    }

    // Only asked when the answer decides something.
    private long? FreeDisk(JetStreamOptions options)
    {
        if (options.MaxStorage >= 0) return null;
        string directory = JetStreamConfiguration.Resolve(options, machine).Directory;
        try
        {
            disk.CreateDirectory(directory);
            return disk.SpaceOf(directory).AvailableBytes;
        }
        catch (DiskException)
        {
            return null; // what is wrong with the directory is found out, and said, when it is to be used
        }
    }

    private string? FindObstacle(JetStreamConfiguration configuration)
    {
        string directory = configuration.Directory;
        if (IsBelowFile(directory)) return "storage directory is not a directory";
        if (disk.DirectoryExists(directory))
        {
            if (!IsWritable(directory)) return "storage directory is not writable";
        }
        else
        {
            try
            {
                disk.CreateDirectory(directory);
            }
            catch (DiskException problem)
            {
                return $"could not create storage directory - mkdir {Shown(problem.Path, configuration)}: {Reason(problem)}";
            }
        }

        return JetStreamCheck.FindObstacle(configuration.Options);
    }

    private bool IsBelowFile(string directory)
    {
        for (string? path = directory; path is { Length: > 0 }; path = path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : null)
        {
            if (disk.FileExists(path)) return true;
        }

        return false;
    }

    private bool IsWritable(string directory)
    {
        string path = $"{directory}/{Probe}{Guid.NewGuid():N}";
        try
        {
            disk.Open(path, DiskOpen.Empty).Dispose();
            disk.DeleteFile(path);
            return true;
        }
        catch (DiskException)
        {
            return false;
        }
    }

    // A directory that is written relative to where the server was started is shown so.
    private static string Shown(string path, JetStreamConfiguration configuration) =>
        configuration.Directory.EndsWith('/' + configuration.StoreDirectory, StringComparison.Ordinal) && configuration.Directory.StartsWith(path, StringComparison.Ordinal)
            ? path[Math.Min(path.Length, configuration.Directory.Length - configuration.StoreDirectory.Length)..]
            : path;

    // The system's words come last, and begin there with a capital.
    private static string Reason(DiskException problem)
    {
        string words = problem.Message[(problem.Message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..];
        return words.Length > 0 ? char.ToLowerInvariant(words[0]) + words[1..] : words;
    }
}
