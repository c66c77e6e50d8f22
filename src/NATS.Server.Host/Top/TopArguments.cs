using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NATS.Server.Host.Flags;

namespace NATS.Server.Host.Top;

/// <summary>What follows <c>nats-server top</c>. Pure.</summary>
internal sealed record TopArguments
{
    private const int DefaultPort = 8222;
    private const int MaximumPort = 65535;
    private const double ShortestDelay = 0.1;
    private const double LongestDelay = 86_400;

    private TopArguments()
    {
    }

    public bool AsksForHelp { get; private init; }

    public bool AsksForVersion { get; private init; }

    /// <summary>Where endpoints are below: ends with a slash.</summary>
    public required Uri Address { get; init; }

    /// <summary>Between two looks.</summary>
    public required TimeSpan Delay { get; init; }

    /// <summary>Looks after which it ends; 0 for never.</summary>
    public long Looks { get; private init; }

    /// <summary>What is looked at first, and how.</summary>
    public required TopState State { get; init; }

    /// <summary>A file for one look, <c>-</c> for standard output; null without.</summary>
    public string? Output { get; private init; }

    /// <summary>Null for text.</summary>
    public string? Delimiter { get; private init; }

    public bool IsJson { get; private init; }

    public string? CertificateFile { get; private init; }

    public string? KeyFile { get; private init; }

    public string? AuthorityFile { get; private init; }

    public bool AcceptsAnyCertificate { get; private init; }

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">Without <c>top</c>.</param>
    /// <param name="read">What it asks for.</param>
    /// <param name="problem">Why it cannot be read.</param>
    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out TopArguments? read, [NotNullWhen(false)] out string? problem)
    {
        read = null;
        var flags = new FlagSet();
        TextFlag host = flags.Text("s", "server");
        IntegerFlag port = flags.Integer("m");
        IntegerFlag securePort = flags.Integer("ms");
        IntegerFlag limit = flags.Integer("n");
        TextFlag delay = flags.Text("d");
        IntegerFlag looks = flags.Integer("r");
        TextFlag order = flags.Text("sort");
        TextFlag view = flags.Text("view");
        IntegerFlag cid = flags.Integer("cid");
        BooleanFlag subjects = flags.Boolean("u", "display-subscriptions-column");
        BooleanFlag names = flags.Boolean("lookup");
        BooleanFlag raw = flags.Boolean("b");
        TextFlag output = flags.Text("o");
        TextFlag delimiter = flags.Text("l");
        BooleanFlag json = flags.Boolean("json");
        TextFlag certificate = flags.Text("cert");
        TextFlag key = flags.Text("key");
        TextFlag authority = flags.Text("cacert");
        BooleanFlag any = flags.Boolean("k");
        BooleanFlag version = flags.Boolean("v", "version");
        BooleanFlag help = flags.Boolean("h", "help");

        problem = flags.Parse(arguments);
        if (problem is not null) return false;
        if (!TryReadView(view.IsGiven ? view.Value : "connections", out TopView first)) problem = $"unknown view {view.Value}: server, connections, subscriptions or streams";
        else if (flags.Rest is [var word, ..]) problem = $"unexpected argument {word}";
        else if (order.IsGiven && !(first == TopView.Streams ? TopOrder.IsOfStreams(order.Value) : TopOrder.IsOfConnections(order.Value))) problem = $"invalid option to sort by: {order.Value}";
        else if (limit.IsGiven && limit.Value is <= 0 or > int.MaxValue) problem = "-n takes a number of connections, 1 or more";
        else if (looks.Value < 0) problem = "-r takes a number of looks, 0 for no end";
        else if (cid.IsGiven && cid.Value <= 0) problem = "-cid takes the number of a connection";
        else if (certificate.IsGiven != key.IsGiven) problem = "-cert and -key go together";
        else if (json.Value && delimiter.IsGiven) problem = "-json and -l are two forms of output";
        else if (delimiter is { IsGiven: true, Value.Length: 0 }) problem = "-l takes a delimiter";
        else if (output is { IsGiven: true, Value.Length: 0 }) problem = "-o takes a file, or - for standard output";
        if (problem is not null) return false;
        double seconds = 1;
        if (delay.IsGiven && !(double.TryParse(delay.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) && seconds is >= ShortestDelay and <= LongestDelay))
        {
            problem = $"-d takes seconds, {ShortestDelay.ToString(CultureInfo.InvariantCulture)} or more";
            return false;
        }

        if (!TryReadAddress(host, port, securePort, out Uri? address))
        {
            problem = "invalid monitoring endpoint";
            return false;
        }

        string? chosen = order.IsGiven ? order.Value : null;
        read = new TopArguments
        {
            AsksForHelp = help.Value,
            AsksForVersion = version.Value,
            Address = address,
            Delay = TimeSpan.FromSeconds(seconds),
            Looks = looks.Value,
            Output = output.IsGiven ? output.Value : null,
            Delimiter = delimiter.IsGiven ? delimiter.Value : null,
            IsJson = json.Value,
            CertificateFile = certificate.IsGiven ? certificate.Value : null,
            KeyFile = key.IsGiven ? key.Value : null,
            AuthorityFile = authority.IsGiven ? authority.Value : null,
            AcceptsAnyCertificate = any.Value,
            State = new TopState
            {
                View = first,
                ConnectionOrder = (first == TopView.Streams ? null : chosen) ?? TopOrder.DefaultConnections,
                StreamOrder = (first == TopView.Streams ? chosen : null) ?? TopOrder.DefaultStreams,
                Limit = limit.IsGiven ? (int)limit.Value : new TopState().Limit,
                Cid = cid.IsGiven ? (ulong)cid.Value : null,
                ShowsSubjects = subjects.Value,
                LooksUpNames = names.Value,
                IsRaw = raw.Value,
            },
        };
        return true;
    }

    private static bool TryReadView(string name, out TopView view)
    {
        (bool isKnown, view) = name switch
        {
            "server" => (true, TopView.Server),
            "connections" => (true, TopView.Connections),
            "subscriptions" => (true, TopView.Subscriptions),
            "streams" => (true, TopView.Streams),
            _ => (false, default),
        };
        return isKnown;
    }

    // A URL says all of it; a host may bring its port along; -m and -ms win.
    private static bool TryReadAddress(TextFlag host, IntegerFlag port, IntegerFlag securePort, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        string text = host.IsGiven ? host.Value : "127.0.0.1";
        if (text.Contains(':', StringComparison.Ordinal) && System.Net.IPAddress.TryParse(text, out System.Net.IPAddress? bare) && !text.StartsWith('[')) text = $"[{bare}]";
        bool isUrl = text.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(isUrl ? text : "http://" + text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0 || uri.Query.Length + uri.Fragment.Length > 0) return false;
        var built = new UriBuilder(uri);
        if (!built.Path.EndsWith('/')) built.Path += "/";
        if (securePort.IsGiven) (built.Scheme, built.Port) = ("https", PortOf(securePort));
        else if (port.IsGiven) built.Port = PortOf(port);
        else if (uri is { Scheme: "http", IsDefaultPort: true } && !text.EndsWith($":{uri.Port}", StringComparison.Ordinal)) built.Port = DefaultPort;
        if (built.Port is <= 0 or > MaximumPort) return false;
        address = built.Uri;
        return true;
    }

    private static int PortOf(IntegerFlag flag) => flag.Value is > 0 and <= MaximumPort ? (int)flag.Value : 0;
}
