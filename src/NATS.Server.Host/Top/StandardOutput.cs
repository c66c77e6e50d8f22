using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NATS.Server.Host.Top;

/// <summary>Standard output of this process for what is written without end.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    /// <summary>Opens it. Unlike the console's own stream it fails when nobody reads any more, so that <c>top | head</c> ends.</summary>
    public static TextWriter Open() => OperatingSystem.IsWindows()
        ? Console.Out
        : new StreamWriter(new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
}
