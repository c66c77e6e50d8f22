using NATS.Server.JetStream.Storage;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Appending to a memory store, and reading from it.</summary>
internal static class MemoryCase
{
    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int count = options.IsQuick ? 500_000 : 2_000_000;
        double appended = Rounds.Run(options.Rounds, () =>
        {
            using MessageStore store = MessageStore.InMemory(new StoreLimits());
            return count / Rounds.Seconds(() => Messages.Append(store, count, 0)) / 1e6;
        });
        yield return new StoreFigure("append to memory, 128 B", "M msgs/s", appended, "", double.NaN) { Targets = StoreFigure.Target("≥ 2", appended >= 2) };

        using MessageStore full = MessageStore.InMemory(new StoreLimits());
        Messages.Append(full, count, 0);
        double read = Rounds.Run(options.Rounds, () => count / Rounds.Seconds(() => Messages.ReadAll(full, count)) / 1e6);
        yield return new StoreFigure("read from memory in order, 128 B", "M msgs/s", read, "", double.NaN) { Targets = StoreFigure.Target("≥ 3", read >= 3) };
    }
}
