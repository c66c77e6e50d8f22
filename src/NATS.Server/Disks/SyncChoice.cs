namespace NATS.Server.Disks;

/// <summary>Thread-safe. Chooses how several files are synced: each by itself on several threads, or their file system as a whole.</summary>
/// <remarks>
/// The whole is several times cheaper for many files (docs/adr/009), but carries what other programs left unwritten: then it may take seconds. So it is
/// given up for a while as soon as it took longer than the files by themselves have taken, and for twice as long each time.
/// </remarks>
internal sealed class SyncChoice
{
    /// <summary>Fewer files than this are never synced as a whole.</summary>
    public const int MinimumWhole = 16;

    private const int FirstPause = 64;
    private const int LongestPause = 8192;

    private readonly Lock _lock = new();

    // What a file has cost by itself lately; 0: not known.
    private TimeSpan _perFile;
    private int _pause = FirstPause;
    private int _left;

    /// <summary>Whether to sync the file system as a whole.</summary>
    /// <param name="files">How many files there are.</param>
    /// <param name="isPossible">The file system can be relied on for it.</param>
    public bool Wholly(int files, bool isPossible)
    {
        if (!isPossible || files < MinimumWhole) return false;
        lock (_lock)
        {
            if (_perFile == TimeSpan.Zero) return false;
            return _left == 0 || --_left == 0;
        }
    }

    /// <summary>What it has taken.</summary>
    public void Measured(bool wholly, int files, TimeSpan took)
    {
        if (files < MinimumWhole) return;
        lock (_lock)
        {
            if (!wholly)
            {
                TimeSpan perFile = took / files;
                _perFile = _perFile == TimeSpan.Zero ? perFile : (_perFile * 7 / 8) + (perFile / 8);
            }
            else if (took > _perFile * files)
            {
                _left = _pause;
                _pause = Math.Min(_pause * 2, LongestPause);
            }
            else
            {
                _pause = FirstPause;
            }
        }
    }
}
