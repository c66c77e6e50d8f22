using System.Globalization;
using System.Net;

namespace NATS.Server.Bench.Soak;

/// <summary>What to soak and for how long.</summary>
internal sealed record SoakOptions
{
    /// <summary>A server to start, with a store of its own; empty: <see cref="Address"/> names one that runs.</summary>
    public string Server { get; init; } = "";

    public IPEndPoint? Address { get; init; }

    /// <summary>The process at <see cref="Address"/>; 0: its memory cannot be judged.</summary>
    public int ProcessId { get; init; }

    /// <summary>Its monitoring, <c>host:port</c>; empty: subscriptions cannot be judged.</summary>
    public string Monitor { get; init; } = "";

    public double Seconds { get; init; } = 3600;

    /// <summary>Seconds between two looks at the server.</summary>
    public double Interval { get; init; } = 10;

    /// <exception cref="UsageException">An option is unknown or has no proper value.</exception>
    public static SoakOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new SoakOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            var value = ++i < arguments.Length ? arguments[i] : throw new UsageException($"{name} needs a value");
            options = name switch
            {
                "--server" => options with { Server = value },
                "--address" => options with { Address = IPEndPoint.TryParse(value, out var address) ? address : throw new UsageException("--address is an IP address and a port") },
                "--pid" => options with { ProcessId = int.Parse(value, CultureInfo.InvariantCulture) },
                "--monitor" => options with { Monitor = value },
                "--seconds" => options with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--interval" => options with { Interval = double.Parse(value, CultureInfo.InvariantCulture) },
                _ => throw new UsageException($"unknown option {name}"),
            };
        }

        return options.Server.Length > 0 != options.Address is not null ? options : throw new UsageException("--server PATH or --address IP:PORT is needed");
    }
}
