using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Starts the reference on a store directory and ends it again.</summary>
internal static class ReferenceRun
{
    private const string Listening = "Listening for client connections on ";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>Lets the reference create a stream, so that its metadata is the reference's own.</summary>
    public static void CreateStream(string executable, string storeDirectory, string name)
    {
        using Process server = Start(executable, storeDirectory, out int port, out _);
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            using NetworkStream stream = client.GetStream();
            string body = $$"""{"name":"{{name}}","subjects":["bench.>"],"storage":"file"}""";
            stream.Write(Encoding.ASCII.GetBytes($"CONNECT {{\"verbose\":false}}\r\nSUB reply 1\r\nPUB $JS.API.STREAM.CREATE.{name} reply {body.Length}\r\n{body}\r\n"));
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                if (line.Contains("\"error\"", StringComparison.Ordinal)) throw new InvalidOperationException(line);
                if (line.Contains("stream_create_response", StringComparison.Ordinal)) return;
            }

            throw new InvalidOperationException("no answer");
        }
        finally
        {
            End(server);
        }
    }

    /// <summary>From the start of the process to its line about being ready.</summary>
    public static double SecondsToReady(string executable, string storeDirectory)
    {
        using Process server = Start(executable, storeDirectory, out _, out double seconds);
        End(server);
        return seconds;
    }

    /// <summary>Starts it, and waits until it is ready.</summary>
    public static Process Start(string executable, string storeDirectory, out int port, out double seconds)
    {
        var start = new ProcessStartInfo(executable, ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", storeDirectory]) { RedirectStandardError = true, UseShellExecute = false };
        long began = Stopwatch.GetTimestamp();
        Process server = Process.Start(start)!;
        port = 0;
        while (server.StandardError.ReadLine() is { } line)
        {
            if (line.Contains(Listening, StringComparison.Ordinal)) port = int.Parse(line.AsSpan(line.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
            if (!line.Contains("Server is ready", StringComparison.Ordinal)) continue;
            seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            _ = server.StandardError.ReadToEndAsync();
            return server;
        }

        server.WaitForExit(Deadline);
        server.Dispose();
        throw new InvalidOperationException($"{executable} did not start");
    }

    /// <summary>Kills it.</summary>
    public static void End(Process server)
    {
        if (!server.HasExited) server.Kill();
        server.WaitForExit(Deadline);
    }
}
