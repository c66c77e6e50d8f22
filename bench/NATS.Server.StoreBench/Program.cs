using NATS.Server.StoreBench;
using NATS.Server.StoreBench.Cases;
using NATS.Server.StoreBench.Measurement;

const string Usage = """
    usage: NATS.Server.StoreBench [--cases a,b] [--rounds N] [--quick] [--directory DIR] [--reference PATH]
    Measures the message store in this process, each figure beside what the machine or the reference reaches in the same run.
    """;

try
{
    StoreBenchOptions options = StoreBenchOptions.Parse(args);
    List<StoreCase> cases = [.. StoreCase.All.Where(one => options.Cases.Count == 0 || options.Cases.Contains(one.Name, StringComparer.Ordinal))];
    if (cases.Count == 0) throw new FormatException($"the cases are {string.Join(", ", StoreCase.All.Select(one => one.Name))}");
    Console.WriteLine("| store | ours | beside | ratio | targets |");
    Console.WriteLine("|---|--:|--:|--:|---|");
    foreach (StoreFigure figure in cases.SelectMany(one => one.Measure(options)))
    {
        Console.WriteLine(figure);
    }

    return 0;
}
catch (FormatException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}
