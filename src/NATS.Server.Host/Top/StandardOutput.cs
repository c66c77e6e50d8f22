using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NATS.Server.Host.Top;

/// <summary>Standard output of this process for what is written without end.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    /// <summary>Opens it. Unlike the console's own stream, that of a pipe fails when nobody reads any more, so that <c>top | head</c> ends.</summary>
    public static TextWriter Open()
    {
        if (OperatingSystem.IsWindows()) return Console.Out;
        var pipe = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);

        // A file may be shared with other processes, and a file stream writes at a position of its own.
        return pipe.CanSeek ? Console.Out : new StreamWriter(pipe, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }
}
