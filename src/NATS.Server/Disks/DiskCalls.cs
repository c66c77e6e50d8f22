using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NATS.Server.Disks;

/// <summary>The system calls of Linux that files need beyond the class library. Each returns 0 or the error number.</summary>
internal static unsafe partial class DiskCalls
{
    public const int ENoEnt = 2;
    public const int EExist = 17;
    public const int ENotDir = 20;

    private const int EIntr = 4;
    private const int OpenReadWrite = 2;
    private const int OpenCreate = 0x40;
    private const int OpenTruncate = 0x200;
    private const int OpenCloseOnExec = 0x80000;
    private const uint FileMode = 0x180; // rw-------
    private const uint DirectoryMode = 0x1C0; // rwx------
    private const uint WaitBefore = 1;

    // struct statfs of 64-bit systems: the type is its first word, the id its eighth.
    private const int FileSystemSize = 256;
    private const int FileSystemIdOffset = 56;

    /// <summary>Opens for reading and writing, with mode 0600 where it is created.</summary>
    public static int Open(string path, bool create, bool truncate, out SafeFileHandle? file)
    {
        int flags = OpenReadWrite | OpenCloseOnExec | (create ? OpenCreate : 0) | (truncate ? OpenTruncate : 0);
        int error = Retried(() => OpenFile(path, flags, FileMode), out int descriptor);
        file = error == 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
        return error;
    }

    /// <summary>Creates one directory with mode 0700.</summary>
    public static int CreateDirectory(string path) => MakeDirectory(path, DirectoryMode) == 0 ? 0 : Marshal.GetLastPInvokeError();

    public static int Delete(string path) => Unlink(path) == 0 ? 0 : Marshal.GetLastPInvokeError();

    public static int Rename(string from, string to) => RenamePath(from, to) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>The content of a file and its length, on the device.</summary>
    public static int SyncData(SafeFileHandle file) => Retried(() => FDataSync(file), out _);

    /// <summary>The names in a directory, on the device.</summary>
    public static int SyncDirectory(string path)
    {
        int error = Retried(() => OpenFile(path, OpenCloseOnExec, 0), out int descriptor);
        if (error != 0) return error;
        using var directory = new SafeFileHandle(descriptor, ownsHandle: true);
        return Retried(() => FSync(directory), out _);
    }

    /// <summary>All that is unwritten in the file system of a file, on the device.</summary>
    public static int SyncFileSystem(SafeFileHandle file) => Retried(() => SyncFs(file), out _);

    /// <summary>Whether the system failed to write something of a file since it was last asked. Waits for no new writing.</summary>
    public static int WriteBackError(SafeFileHandle file) => Retried(() => SyncFileRange(file, 0, 0, WaitBefore), out _);

    /// <summary>The kind of the file system that a file is on (the kernel's magic numbers), and which one of its kind; zeros when it cannot be told.</summary>
    public static FileSystemIdentity FileSystemOf(SafeFileHandle file)
    {
        if (!BitConverter.IsLittleEndian || !Environment.Is64BitProcess) return default;
        Span<byte> buffer = stackalloc byte[FileSystemSize];
        buffer.Clear();
        return FStatFs(file, buffer) != 0
            ? default
            : new FileSystemIdentity(BinaryPrimitives.ReadUInt32LittleEndian(buffer), BinaryPrimitives.ReadUInt64LittleEndian(buffer[FileSystemIdOffset..]));
    }

    private static int Retried(Func<int> call, out int result)
    {
        while (true)
        {
            result = call();
            if (result >= 0) return 0;
            int error = Marshal.GetLastPInvokeError();
            if (error != EIntr) return error;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenamePath(string from, string to);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int FStatFs(SafeFileHandle file, Span<byte> status);
}

/// <summary>Which file system a file is on.</summary>
internal readonly record struct FileSystemIdentity(uint Kind, ulong Id)
{
    private const uint Ext4 = 0xEF53;
    private const uint Xfs = 0x58465342;
    private const uint Btrfs = 0x9123683E;
    private const uint F2fs = 0xF2F52010;

    /// <summary>syncfs is known to do there what fdatasync of every file would do.</summary>
    public bool SyncsAsAWhole => Kind is Ext4 or Xfs or Btrfs or F2fs;
}
