using System.Globalization;

namespace NATS.Server.Host.ProcessFiles;

/// <summary>The file that names this process. It stays behind when the process ends, as with the reference. Thread-safe.</summary>
internal static class PidFile
{
    /// <summary>Writes the process id, without a line end, readable by the owner only.</summary>
    /// <returns>Null, or why it could not be written.</returns>
    public static string? Write(string path)
    {
        try
        {
            PrivateFile.Write(path, System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), PrivateFile.OwnerOnly);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ErrorText.FileError("open", path, exception);
        }
    }
}
