namespace NATS.Server.Host.StoreCommands;

/// <summary>Files that an export makes: readable for their owner only, and never in the place of another.</summary>
internal static class ExportFile
{
    /// <summary>Creates a file.</summary>
    /// <exception cref="IOException">There is one already, or it could not be created.</exception>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
