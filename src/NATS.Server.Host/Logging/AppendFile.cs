using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NATS.Server.Host.Logging;

/// <summary>A file that only grows at its end, whoever else writes to it or cuts it. One thread at a time.</summary>
internal sealed partial class AppendFile : IDisposable
{
    private const int FSetFlags = 4;
    private const int OAppend = 0x400;

    // statx of the open file itself; its layout is the same on all processors.
    private const int EmptyPath = 0x1000;
    private const uint WantType = 1;
    private const int StatusBytes = 256;
    private const int TypeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int TypeRegular = 0x8000;

    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly FileStream _stream;
    private readonly SafeFileHandle _handle;

    private AppendFile(FileStream stream)
    {
        _stream = stream;
        _handle = stream.SafeFileHandle;
        IsRegular = stream.CanSeek && !IsDevice(_handle);
        Length = IsRegular ? RandomAccess.GetLength(_handle) : 0;
    }

    /// <summary>False for a terminal, a pipe and the like, such as /dev/stdout or /dev/null.</summary>
    public bool IsRegular { get; }

    /// <summary>Bytes found at opening plus bytes appended since.</summary>
    public long Length { get; private set; }

    /// <summary>Opens or creates the file; a new one is readable by owner and group.</summary>
    public static AppendFile Open(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Mode;
        var stream = new FileStream(path, options);
        // The kernel's append flag keeps lines whole when the file is truncated or shared; the class library has no way to ask for it.
        if (OperatingSystem.IsLinux() && SetFlags(stream.SafeFileHandle, FSetFlags, OAppend) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            stream.Dispose();
            throw new IOException($"errno {error}");
        }
        return new AppendFile(stream);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        // With the append flag the offset is ignored.
        RandomAccess.Write(_handle, bytes, OperatingSystem.IsLinux() || !IsRegular ? 0 : RandomAccess.GetLength(_handle));
        Length += bytes.Length;
    }

    public void Dispose() => _stream.Dispose();

    // Some devices can be sought in: only their type tells them from files. A rotation would rename the device itself.
    private static bool IsDevice(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        Span<byte> status = stackalloc byte[StatusBytes];
        return Status(file, "", EmptyPath, WantType, status) != 0 || (BitConverter.ToUInt16(status[TypeOffset..]) & TypeMask) != TypeRegular;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(SafeFileHandle file, string path, int flags, uint wanted, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int SetFlags(SafeFileHandle file, int command, int flags);
}
