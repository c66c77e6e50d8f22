using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using NATS.Server.Bench;
using NATS.Server.Bench.Cases;
using NATS.Server.Bench.Pairs;
using NATS.Server.Bench.Scale;
using NATS.Server.Bench.Scrape;
using NATS.Server.Bench.Soak;

const string Usage = """
    usage: nats-loadgen list
           nats-loadgen run CASE --port N --pid N [--seconds S] [--size N] [--subscribers N] [--publishers N] [--in-flight N] [--requesters N] [--connections N]
           nats-loadgen pairs --ours PATH [--reference PATH] [--cases a,b] [--rounds N] [--seconds S] [--quick] [--strict]
                              [--ours-args "..."] [--log FILE]
           nats-loadgen scale [--ours PATH] [--reference PATH] [--streams N] [--consumers N] [--subjects N]
           nats-loadgen scrape [--ours PATH] [--reference PATH] [--connections N] [--streams N] [--rounds N] [--seconds S]
           nats-loadgen soak (--server PATH | --address IP:PORT [--pid N] [--monitor HOST:PORT]) [--seconds S] [--interval S]

    list   the cases
    run    one case against a server that is already running on 127.0.0.1; prints one line of key=value pairs
    pairs  starts both servers, measures all cases against both in turn and prints the comparison
    scale  puts very many streams, consumers and subjects onto a server and prints what each step took
    scrape what looking at the monitoring of very many connections and streams costs the messages that flow meanwhile
    soak   mixed load, an hour if not said otherwise; fails when memory grows, a consumer stands still or something is left over
    Exit status: 0; 1 when a server did not start, or lost, doubled, reordered or damaged messages; 2 for wrong usage; 3 when --strict and a target was missed.
    """;

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    switch (args.FirstOrDefault())
    {
        case "list":
            foreach (var listed in CaseCatalog.All)
            {
                Console.WriteLine($"{listed.Name,-20} {listed.Title}");
            }

            return 0;
        case "run" when args.Length > 1:
            return RunOne(args[1], args.AsSpan(2));
        case "pairs":
            return new PairRunner(PairOptions.Parse(args.AsSpan(1)), Console.Out, Console.Error, stop.Token).Run();
        case "scale":
            return new ScaleRunner(ScaleOptions.Parse(args.AsSpan(1)), Console.Out, stop.Token).Run();
        case "scrape":
            return new ScrapeRunner(ScrapeOptions.Parse(args.AsSpan(1)), Console.Out, stop.Token).Run();
        case "soak":
            return new SoakRunner(SoakOptions.Parse(args.AsSpan(1)), Console.Out, stop.Token).Run();
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (VerificationException failed)
{
    Console.Error.WriteLine($"VERIFICATION FAILED: {failed.Message}");
    return 1;
}
catch (Exception wrong) when (wrong is UsageException or FormatException)
{
    Console.Error.WriteLine(wrong.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}

static int RunOne(string name, ReadOnlySpan<string> options)
{
    var benchCase = CaseCatalog.Find(name);
    var (port, processId, seconds) = (0, 0, 1.0);
    for (var i = 0; i < options.Length; i += 2)
    {
        var text = i + 1 < options.Length ? options[i + 1] : throw new UsageException($"{options[i]} needs a value");
        if (options[i] == "--seconds")
        {
            seconds = double.Parse(text, CultureInfo.InvariantCulture);
            continue;
        }

        var number = int.Parse(text, CultureInfo.InvariantCulture);
        switch (options[i], benchCase)
        {
            case ("--port", _): port = number; break;
            case ("--pid", _): processId = number; break;
            case ("--size", TrafficCase traffic): benchCase = traffic with { Size = number }; break;
            case ("--size", QueueCase queue): benchCase = queue with { Size = number }; break;
            case ("--size", RequestCase request): benchCase = request with { Size = number }; break;
            case ("--size", WildCase wild): benchCase = wild with { Size = number }; break;
            case ("--subscribers", TrafficCase traffic): benchCase = traffic with { Subscribers = number }; break;
            case ("--publishers", TrafficCase traffic): benchCase = traffic with { Publishers = number }; break;
            case ("--in-flight", RequestCase request): benchCase = request with { InFlight = number }; break;
            case ("--requesters", RequestCase request): benchCase = request with { Requesters = number }; break;
            case ("--connections", IdleCase idle): benchCase = idle with { Connections = number }; break;
            default: throw new UsageException($"{options[i]} does not apply to {name}");
        }
    }

    if (port == 0 || processId == 0)
    {
        throw new UsageException("--port and --pid of the server are needed");
    }

    using var server = new ServerProcess(new IPEndPoint(IPAddress.Loopback, port), processId);
    Console.WriteLine(benchCase.Run(server, TimeSpan.FromSeconds(seconds)).ToLine(name, "given"));
    return 0;
}
