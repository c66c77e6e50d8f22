using System.Globalization;
using System.Text;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure. Sequences as people read them.</summary>
public static class LostSequences
{
    /// <summary>Runs of sequences: <c>3, 7-9, 20</c>, and how many more there are.</summary>
    /// <param name="sequences">In order, each once.</param>
    /// <param name="most">How many runs are written.</param>
    public static string Describe(IReadOnlyList<ulong> sequences, int most = 12)
    {
        var text = new StringBuilder();
        int runs = 0;
        int i = 0;
        while (i < sequences.Count && runs < most)
        {
            int end = i;
            while (end + 1 < sequences.Count && sequences[end + 1] == sequences[end] + 1) end++;
            if (runs++ > 0) text.Append(", ");
            text.Append(CultureInfo.InvariantCulture, $"{sequences[i]}");
            if (end > i) text.Append(CultureInfo.InvariantCulture, $"-{sequences[end]}");
            i = end + 1;
        }

        if (i < sequences.Count) text.Append(CultureInfo.InvariantCulture, $" and {sequences.Count - i} more");
        return text.ToString();
    }
}
