using System.Runtime.InteropServices;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Disks;

/// <summary>Thread-safe. Turns what the system says into a <see cref="DiskException"/>.</summary>
internal static class DiskFailure
{
    private const int EPerm = 1;
    private const int EAccess = 13;
    private const int ENoSpace = 28;
    private const int EReadOnly = 30;
    private const int EQuotaLinux = 122;
    private const int EQuotaBsd = 69;
    private const int WindowsPathNotFound = unchecked((int)0x80070003);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>For an error number of a system call.</summary>
    public static DiskException Of(int error, string operation, string path) =>
        new(KindOf(error), path, $"{operation} {path}: {Marshal.GetPInvokeErrorMessage(error)}");

    /// <summary>For an exception of the class library; those of contracts (arguments, disposed objects) are not failures of the disk.</summary>
    public static DiskException Of(Exception problem, string operation, string path)
    {
        DiskError kind = problem switch
        {
            FileNotFoundException or DirectoryNotFoundException or DriveNotFoundException => DiskError.NotFound,
            UnauthorizedAccessException => DiskError.Denied,
            _ when OperatingSystem.IsWindows() => problem.HResult switch
            {
                WindowsDiskFull or WindowsHandleDiskFull => DiskError.Full,
                WindowsPathNotFound => DiskError.NotFound,
                _ => DiskError.Device,
            },

            // The class library puts the error number there.
            _ => KindOf(problem.HResult),
        };
        return new DiskException(kind, path, $"{operation} {path}: {problem.Message}", problem);
    }

    /// <summary>What the class library throws when the system fails.</summary>
    public static bool IsOfSystem(Exception problem) => problem is (IOException and not DiskException) or UnauthorizedAccessException;

    private static DiskError KindOf(int error) => error switch
    {
        ENoSpace => DiskError.Full,
        EQuotaLinux when OperatingSystem.IsLinux() => DiskError.Full,
        EQuotaBsd when !OperatingSystem.IsLinux() => DiskError.Full,
        DiskCalls.ENoEnt => DiskError.NotFound,
        EPerm or EAccess or EReadOnly => DiskError.Denied,
        _ => DiskError.Device,
    };
}
