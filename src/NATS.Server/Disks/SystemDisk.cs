using System.Diagnostics;
using System.IO.Enumeration;
using Microsoft.Win32.SafeHandles;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Disks;

/// <summary>Any thread. The files of the operating system.</summary>
/// <remarks>
/// On Linux by system calls where the class library says or does too little: modes at creation, fdatasync, syncs of directories, renames without checks
/// before them. Elsewhere by the class library; Windows makes names durable by itself. Disposing ends the threads that sync, no file.
/// </remarks>
internal sealed class SystemDisk : IDisk, IDisposable
{
    private static readonly EnumerationOptions All = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, MatchType = MatchType.Simple };

    // Since then syncfs tells of errors.
    private static readonly bool HasWholeSync = OperatingSystem.IsLinux() && Environment.OSVersion.Version >= new Version(5, 8);

    private readonly SyncWorkers _workers = new();
    private readonly SyncChoice _choice = new();
    private readonly DiskGate _gate;

    /// <summary>Makes a disk.</summary>
    /// <param name="gate">Through which all calls go that may wait for the device; null: one of its own.</param>
    public SystemDisk(DiskGate? gate = null) => _gate = gate ?? new DiskGate();

    public IDiskFile Open(string path, DiskOpen how)
    {
        using DiskGate.Pass pass = _gate.Enter();
        if (OperatingSystem.IsLinux())
        {
            int error = DiskCalls.Open(path, create: how != DiskOpen.Existing, truncate: how == DiskOpen.Empty, out SafeFileHandle? file);
            return error == 0 ? new SystemFile(file!, path, _gate) : throw DiskFailure.Of(error, "open", path);
        }

        try
        {
            FileMode mode = how switch
            {
                DiskOpen.Existing => FileMode.Open,
                DiskOpen.OrCreate => FileMode.OpenOrCreate,
                _ => FileMode.Create,
            };
            bool isNew = how != DiskOpen.Existing && !File.Exists(path);
            SafeFileHandle handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (isNew && !OperatingSystem.IsWindows()) File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return new SystemFile(handle, path, _gate);
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "open", path);
        }
    }

    public bool FileExists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public IReadOnlyList<DiskEntry> List(string directory)
    {
        using DiskGate.Pass pass = _gate.Enter();
        try
        {
            return
            [
                .. new FileSystemEnumerable<DiskEntry>(
                    directory,
                    (ref FileSystemEntry entry) => new DiskEntry(entry.FileName.ToString(), entry.IsDirectory, entry.IsDirectory ? 0 : entry.Length),
                    All),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "list", directory);
        }
    }

    public void CreateDirectory(string directory)
    {
        if (Directory.Exists(directory)) return;
        if (!OperatingSystem.IsLinux())
        {
            try
            {
                if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
                else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                return;
            }
            catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
            {
                throw DiskFailure.Of(problem, "create directory", directory);
            }
        }

        string trimmed = directory.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        if (slash > 0) CreateDirectory(trimmed[..slash]);
        int error = DiskCalls.CreateDirectory(trimmed);
        if (error == 0 || (error == DiskCalls.EExist && Directory.Exists(trimmed))) return;
        throw DiskFailure.Of(error, "create directory", directory);
    }

    public void DeleteFile(string path)
    {
        using DiskGate.Pass pass = _gate.Enter();
        if (OperatingSystem.IsLinux())
        {
            int error = DiskCalls.Delete(path);
            if (error is not (0 or DiskCalls.ENoEnt or DiskCalls.ENotDir)) throw DiskFailure.Of(error, "delete", path);
            return;
        }

        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Then the file is not there either.
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "delete", path);
        }
    }

    public void DeleteDirectory(string directory)
    {
        using DiskGate.Pass pass = _gate.Enter();
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // As it should be.
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "delete directory", directory);
        }
    }

    public void Rename(string from, string to)
    {
        using DiskGate.Pass pass = _gate.Enter();
        if (OperatingSystem.IsLinux())
        {
            int error = DiskCalls.Rename(from, to);
            if (error != 0) throw DiskFailure.Of(error, "rename", from);
            return;
        }

        try
        {
            if (Directory.Exists(from)) Directory.Move(from, to);
            else File.Move(from, to, overwrite: true);
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "rename", from);
        }
    }

    public void SyncDirectory(string directory)
    {
        using DiskGate.Pass pass = _gate.Enter();
        if (OperatingSystem.IsLinux())
        {
            int error = DiskCalls.SyncDirectory(directory);
            if (error != 0) throw DiskFailure.Of(error, "sync directory", directory);
        }
        else if (!Directory.Exists(directory))
        {
            throw DiskFailure.Of(DiskCalls.ENoEnt, "sync directory", directory);
        }
    }

    public void Sync(Span<DiskSync> files)
    {
        if (files.Length <= 1)
        {
            foreach (ref DiskSync file in files) SyncWorkers.Sync(ref file);
            return;
        }

        bool wholly = _choice.Wholly(files.Length, SyncAsAWhole(files));
        long start = Stopwatch.GetTimestamp();
        if (!wholly || !TrySyncWholly(files)) _workers.Sync(files);
        _choice.Measured(wholly, files.Length, Stopwatch.GetElapsedTime(start));
    }

    public DiskSpace SpaceOf(string path)
    {
        string directory = path;
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { Length: > 0 } above) directory = above;
        try
        {
            var drive = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(directory)! : directory);
            return new DiskSpace(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "get the space of", path);
        }
    }

    public void Dispose() => _workers.Dispose();

    // One file system, of a kind that can be relied on.
    private static bool SyncAsAWhole(ReadOnlySpan<DiskSync> files)
    {
        if (files.Length < SyncChoice.MinimumWhole || !HasWholeSync) return false;
        FileSystemIdentity? first = null;
        foreach (DiskSync file in files)
        {
            if (file.File is not SystemFile { Handle.IsClosed: false } system || !system.FileSystem.SyncsAsAWhole) return false;
            first ??= system.FileSystem;
            if (first != system.FileSystem) return false;
        }

        return true;
    }

    // False: something failed, which the files themselves have to be asked for.
    private bool TrySyncWholly(Span<DiskSync> files)
    {
        using DiskGate.Pass pass = _gate.Enter();
        if (DiskCalls.SyncFileSystem(((SystemFile)files[0].File).Handle) != 0) return false;
        foreach (ref DiskSync file in files)
        {
            int error = DiskCalls.WriteBackError(((SystemFile)file.File).Handle);
            file.Failure = error == 0 ? null : DiskFailure.Of(error, "sync", file.File.Path);
        }

        return true;
    }
}
