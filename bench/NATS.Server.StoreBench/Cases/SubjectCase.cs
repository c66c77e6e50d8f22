using System.Globalization;
using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Memory that a store needs for each of many subjects, beside its messages.</summary>
internal static class SubjectCase
{
    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int count = options.IsQuick ? 200_000 : 1_000_000;

        // One message each, and the same number of messages of the same size with one subject: the difference are the subjects.
        double many = BytesOf(count, i => string.Create(CultureInfo.InvariantCulture, $"orders.{i % 97}.customer.{i:d8}"));
        double one = BytesOf(count, i => string.Create(CultureInfo.InvariantCulture, $"orders.{1 % 97}.customer.{1:d8}"));
        double each = (many - one) / count;
        yield return new StoreFigure($"memory of each of {count} subjects", "bytes", each, "", double.NaN) { Format = "0.0", Targets = StoreFigure.Target("≤ 100", each <= 100) };
    }

    private static double BytesOf(int count, Func<int, string> subjectOf)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using MessageStore store = MessageStore.InMemory(new StoreLimits());
        for (int i = 0; i < count; i++)
        {
            store.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes(subjectOf(i)), TimestampNs = i + 1 }, out _);
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(store);
        return after - before;
    }
}
