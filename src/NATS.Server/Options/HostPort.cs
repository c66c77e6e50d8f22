using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>A listen or advertise address.</summary>
/// <param name="Host">Name or address without brackets; may be empty.</param>
/// <param name="Port">As written; ranges are checked by who listens.</param>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Parses <c>host:port</c>, <c>[v6]:port</c> or <c>:port</c> of a <c>listen</c> option.</summary>
    /// <param name="text">The address.</param>
    /// <param name="address">The parts.</param>
    /// <param name="error">The reference's message; null on success.</param>
    public static bool TryParseListen(string text, out HostPort address, out string? error)
    {
        address = default;
        if (TrySplit(text, out var host, out var port) is not null)
        {
            error = $"could not parse address string {GoFormat.Quote(text)}";
            return false;
        }
        if (!TryParsePort(port, out var number))
        {
            error = $"could not parse port {GoFormat.Quote(port)}";
            return false;
        }
        address = new HostPort(host, number);
        error = null;
        return true;
    }

    /// <summary>Parses the address of an advertise option, whose port may be missing, 0 or -1 for the default.</summary>
    /// <param name="text"><c>host</c>, <c>host:port</c>, <c>[v6]</c> or <c>[v6]:port</c>.</param>
    /// <param name="defaultPort">The port that is meant when none is given.</param>
    /// <param name="address">The parts.</param>
    /// <param name="error">Go's message; null on success.</param>
    public static bool TryParseAdvertise(string text, int defaultPort, out HostPort address, out string? error)
    {
        address = default;
        error = text.Length == 0 ? "no hostport specified" : null;
        if (error is not null) return false;
        error = TrySplit(text, out var host, out var port);
        if (error == MissingPort)
        {
            text = string.Create(CultureInfo.InvariantCulture, $"{text}:{defaultPort}");
            error = TrySplit(text, out host, out port);
        }
        if (error is not null)
        {
            error = $"address {text}: {error}";
            return false;
        }
        port = port.Trim();
        if (!TryParsePort(port, out var number))
        {
            error = $"strconv.Atoi: parsing {GoFormat.Quote(port)}: invalid syntax";
            return false;
        }
        address = new HostPort(host.Trim(), number is 0 or -1 ? defaultPort : number);
        return true;
    }

    private const string MissingPort = "missing port in address";

    // Returns what is wrong, in Go's words.
    private static string? TrySplit(string text, out string host, out string port)
    {
        (host, port) = ("", "");
        var colon = text.LastIndexOf(':');
        if (colon < 0) return MissingPort;
        var afterOpening = 0;
        var afterClosing = 0;
        if (text[0] == '[')
        {
            var closing = text.IndexOf(']', StringComparison.Ordinal);
            if (closing < 0) return "missing ']' in address";
            if (closing + 1 == text.Length) return MissingPort;
            if (closing + 1 != colon) return text[closing + 1] == ':' ? "too many colons in address" : MissingPort;
            host = text[1..closing];
            (afterOpening, afterClosing) = (1, closing + 1);
        }
        else
        {
            host = text[..colon];
            if (host.Contains(':', StringComparison.Ordinal)) return "too many colons in address";
        }
        if (text.IndexOf('[', afterOpening) >= 0) return "unexpected '[' in address";
        if (text.IndexOf(']', afterClosing) >= 0) return "unexpected ']' in address";
        port = text[(colon + 1)..];
        return null;
    }

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out port);
}
