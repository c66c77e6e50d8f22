using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Text;

namespace NATS.Server.Monitoring.Profiling;

/// <summary>
/// The port by which the .NET runtime of this process lets itself be looked at, spoken to from inside: what <c>dotnet-trace</c> does from outside. Thread-safe.
/// The protocol is that of the runtime's documentation, "Diagnostic IPC Protocol".
/// </summary>
internal static class DiagnosticPort
{
    private const int HeadSize = 20;
    private const byte EventPipeCommands = 2;
    private const byte ServerAnswers = 0xFF;
    private const byte StopTracing = 1;
    private const byte CollectTracing = 3;
    private const uint NettraceFormat = 1;
    private const uint BufferMegabytes = 64;
    private const int MaximumPayload = 64 * 1024;

    private static ReadOnlySpan<byte> Magic => "DOTNET_IPC_V1\0"u8;

    /// <summary>Lets the runtime tell of itself for some time.</summary>
    /// <param name="providers">What it tells.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="maximumBytes">At most so much; more is cut off.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it early, with <see cref="OperationCanceledException"/>.</param>
    /// <returns>A trace in the format <c>nettrace</c>.</returns>
    /// <exception cref="IOException">The runtime has no such port (<c>DOTNET_EnableDiagnostics=0</c>), or refuses.</exception>
    public static async Task<byte[]> CollectAsync(
        IReadOnlyList<EventProvider> providers, TimeSpan duration, int maximumBytes, TimeProvider time, CancellationToken cancellationToken)
    {
        (Stream session, byte[] answer) = await AskAsync(CollectTracing, Describe(providers), cancellationToken);
        await using (session)
        {
            using var trace = new MemoryStream();
            Task<bool> reading = ReadAsync(session, trace, maximumBytes, cancellationToken);
            try
            {
                await Task.WhenAny(reading, Task.Delay(duration, time, cancellationToken));
            }
            finally
            {
                // Also when nobody wants it any more: the runtime would go on.
                (Stream end, _) = await AskAsync(StopTracing, answer, CancellationToken.None);
                await end.DisposeAsync();
            }

            await reading;
            return trace.ToArray();
        }
    }

    private static async Task<bool> ReadAsync(Stream session, MemoryStream trace, int maximumBytes, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await session.ReadAsync(buffer, cancellationToken)) > 0)
        {
            // The rest is read and dropped: the runtime would wait for us.
            if (trace.Length + read <= maximumBytes) trace.Write(buffer, 0, read);
        }

        return true;
    }

    private static async Task<(Stream Connection, byte[] Answer)> AskAsync(byte command, byte[] payload, CancellationToken cancellationToken)
    {
        Stream connection = await ConnectAsync(cancellationToken);
        try
        {
            byte[] request = new byte[HeadSize + payload.Length];
            Magic.CopyTo(request);
            BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(Magic.Length), (ushort)request.Length);
            request[Magic.Length + 2] = EventPipeCommands;
            request[Magic.Length + 3] = command;
            payload.CopyTo(request, HeadSize);
            await connection.WriteAsync(request, cancellationToken);
            byte[] head = new byte[HeadSize];
            await connection.ReadExactlyAsync(head, cancellationToken);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(Magic.Length)) - HeadSize;
            if (size is < 0 or > MaximumPayload) throw new IOException("the runtime's answer cannot be read");
            byte[] answer = new byte[size];
            await connection.ReadExactlyAsync(answer, cancellationToken);
            if (head[Magic.Length + 2] != ServerAnswers || head[Magic.Length + 3] != 0)
            {
                string code = size >= sizeof(uint) ? $" (0x{BinaryPrimitives.ReadUInt32LittleEndian(answer):X8})" : "";
                throw new IOException("the runtime refuses to be traced" + code);
            }

            return (connection, answer);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Whoever asked owns the connection.")]
    private static async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{Environment.ProcessId}");
        if (OperatingSystem.IsWindows())
        {
            var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
            await pipe.ConnectAsync(cancellationToken);
            return pipe;
        }

        // A process of this number that was killed leaves its socket behind.
        foreach (string path in Directory.EnumerateFileSystemEntries(Path.GetTempPath(), name + "-*-socket").OrderByDescending(File.GetCreationTimeUtc))
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }

        throw new IOException("the runtime has no diagnostic port, see DOTNET_EnableDiagnostics");
    }

    private static byte[] Describe(IReadOnlyList<EventProvider> providers)
    {
        using var payload = new MemoryStream();
        using var writer = new BinaryWriter(payload, Encoding.Unicode);
        writer.Write(BufferMegabytes);
        writer.Write(NettraceFormat);
        writer.Write(true); // with the names of all methods at the end
        writer.Write(providers.Count);
        foreach (EventProvider provider in providers)
        {
            writer.Write(provider.Keywords);
            writer.Write(provider.Level);
            writer.Write(provider.Name.Length + 1);
            writer.Write(Encoding.Unicode.GetBytes(provider.Name + '\0'));
            writer.Write(0); // no filter
        }

        writer.Flush();
        return payload.ToArray();
    }
}

/// <summary>A source of the runtime's events. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keywords">Which of its events.</param>
/// <param name="Level">How many of them: 4 is informational, 5 verbose.</param>
internal sealed record EventProvider(string Name, ulong Keywords, uint Level = 4);
