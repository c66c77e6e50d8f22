using System.Globalization;
using System.Text;
using NATS.Server.Bench.Cases;
using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Pairs;

/// <summary>The result as Markdown. Pure.</summary>
internal static class PairTable
{
    public static string Render(IReadOnlyList<PairRow> rows, PairOptions options)
    {
        var text = new StringBuilder();
        var traffic = rows.Where(static row => row.Case is not (IdleCase or StartCase)).ToList();
        if (traffic.Count > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{options.Rounds} rounds of {options.Seconds:0.0#} s per run; ratios are ours / reference: median (smallest–largest) over the rounds.\n");
            text.AppendLine("| case | ours k msgs/s | reference | ratio | ours CPU µs/msg | reference | ratio | targets |");
            text.AppendLine("|---|--:|--:|--:|--:|--:|--:|---|");
            foreach (var row in traffic)
            {
                Line(
                    text,
                    row.Case.Title,
                    Both(row, static run => run.Rate / 1000, "0.#"),
                    row.Throughput.ToString(),
                    Both(row, static run => run.CpuMicrosecondsPerMessage, "0.000"),
                    row.Cpu.ToString(),
                    row.Verdict);
            }

            text.AppendLine();
        }

        var requests = traffic.Where(static row => row.Case is RequestCase).ToList();
        if (requests.Count > 0)
        {
            text.AppendLine("| latency, best round | ours p50 µs | reference | ratio | ours p99 µs | reference |");
            text.AppendLine("|---|--:|--:|--:|--:|--:|");
            foreach (var row in requests)
            {
                Line(
                    text,
                    row.Case.Title,
                    BothBest(row, static run => run.P50Microseconds, "0.0"),
                    Number(row.P50, "0.00"),
                    BothBest(row, static run => run.P99Microseconds, "0.0"));
            }

            text.AppendLine();
        }

        var rest = rows.Where(static row => row.Case is IdleCase or StartCase or TrafficCase { AddsStalledSubscriber: true }).ToList();
        if (rest.Count > 0)
        {
            text.AppendLine("| other | ours | reference | ratio | targets |");
            text.AppendLine("|---|--:|--:|--:|---|");
            foreach (var row in rest)
            {
                switch (row.Case)
                {
                    case IdleCase:
                        Line(text, row.Case.Title + ", KiB each", Both(row, static run => run.KibPerConnection, "0.0"), row.Memory.ToString(), row.Verdict);
                        break;
                    case StartCase:
                        Line(text, "start to listening, ms", Both(row, static run => run.StartMilliseconds, "0"), "", row.Verdict);
                        Line(text, "resident set after start, MiB", Both(row, static run => run.ResidentMib, "0"), "", "");
                        break;
                    default:
                        Line(text, "msgs/s with a stalled subscriber / without", Both(row, static run => run.StalledShare, "0.00"), "", "");
                        break;
                }
            }

            text.AppendLine();
        }

        var checks = rows.SelectMany(static row => row.Checks).ToList();
        text.AppendLine(CultureInfo.InvariantCulture, $"{checks.Count(static check => check.IsMet)} of {checks.Count} targets met.");
        return text.ToString();
    }

    private static void Line(StringBuilder text, params ReadOnlySpan<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");

    private static string Both(PairRow row, Func<RunResult, double> figure, string format) =>
        $"{Number(row.Median(Side.Ours, figure), format)} | {Number(row.Median(Side.Reference, figure), format)}";

    private static string BothBest(PairRow row, Func<RunResult, double> figure, string format) =>
        $"{Number(row.Smallest(Side.Ours, figure), format)} | {Number(row.Smallest(Side.Reference, figure), format)}";

    private static string Number(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
