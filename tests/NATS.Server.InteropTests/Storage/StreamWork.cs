using System.Text;

namespace NATS.Server.InteropTests.Storage;

/// <summary>A stream under work: the reference's or ours.</summary>
internal interface IStreamWork
{
    Task PublishAsync(IReadOnlyList<(string Subject, string Headers, string Payload)> messages);

    /// <summary>Deletes a message if it is there.</summary>
    Task DeleteAsync(ulong sequence, bool erase);

    /// <summary>Removes messages of a subject or of all (empty): those below a sequence, or all but a number, or all.</summary>
    Task PurgeAsync(string filter, ulong before, ulong keep);

    Task<StoreContents> ReadAsync();
}

/// <summary>Random work on a stream: same seed and content, same work.</summary>
internal static class StreamWork
{
    private const int Subjects = 12;

    public static async Task RunAsync(IStreamWork stream, StreamSetup setup, Random random, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            int kind = random.Next(20);
            if (kind < 14)
            {
                await stream.PublishAsync([.. Enumerable.Range(0, 1 + random.Next(40)).Select(_ => NextMessage(setup, random))]);
                continue;
            }

            StoreContents contents = await stream.ReadAsync();
            if (contents.Messages.Count == 0) continue;
            StoreMessage chosen = contents.Messages[random.Next(contents.Messages.Count)];
            if (kind < 17) await stream.DeleteAsync(chosen.Sequence, random.Next(2) == 0);
            else if (kind == 17) await stream.PurgeAsync(chosen.Subject, 0, (ulong)random.Next(3));
            else if (kind == 18) await stream.PurgeAsync("", chosen.Sequence, 0);
            else if (random.Next(3) == 0) await stream.PurgeAsync("", 0, (ulong)random.Next(2) * 3);
        }
    }

    private static (string Subject, string Headers, string Payload) NextMessage(StreamSetup setup, Random random)
    {
        string headers = random.Next(4) == 0 ? $"NATS/1.0\r\nNumber: {random.Next(1000)}\r\n\r\n" : "";
        if (setup.Ttl && random.Next(3) == 0) headers = $"NATS/1.0\r\nNats-TTL: {3600 + random.Next(1000)}\r\n\r\n";
        byte[] noise = new byte[random.Next(200)];
        random.NextBytes(noise);
        string payload = string.Concat(Enumerable.Repeat("some text ", random.Next(20))) + (random.Next(2) == 0 ? Encoding.Latin1.GetString(noise) : "");
        return ($"s.{random.Next(Subjects)}", headers, payload);
    }
}
