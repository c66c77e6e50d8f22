namespace NATS.Server.Host.Top;

/// <summary>What <c>nats-server top</c> prints about itself.</summary>
internal static class TopUsage
{
    public const string Text = """

        Usage: nats-server top [options]

        Shows what a running server does, by its monitoring port. Without a terminal it writes the same once per delay.

        Options:
            -s <host>                        Server to look at, a host or a URL with port and base path (default: 127.0.0.1)
            -m <port>                        Its HTTP monitoring port (default: 8222)
            -ms <port>                       Its HTTPS monitoring port, in place of the HTTP one
            -n <connections>                 Connections to ask for (default: 1024)
            -d <seconds>                     Time between two looks, 0.1 or more (default: 1)
            -r <times>                       End after so many looks (default: never)
            -sort <order>                    Order of connections: cid, subs, pending, msgs_to, msgs_from, bytes_to, bytes_from,
                                             idle, last, start, uptime, rtt (default: cid); with -view streams: name, msgs,
                                             bytes, rate, consumers, pending, ack_pending, redelivered (default: name)
            -view <view>                     What to look at first: server, connections, subscriptions, streams
                                             (default: connections)
            -cid <id>                        The connection whose subscriptions are looked at (default: the first in the order)
            -u, --display-subscriptions-column
                                             Show the subjects of connections
            -lookup                          Show host names in place of addresses
            -b                               Numbers in full

        Output:
            -o <file>                        Write one look to a file and end; - is standard output
            -l <delimiter>                   With cells between delimiters, such as ,
            -json                            As one JSON object per look, on a line of its own

        TLS Options:
            -cert <file>, -key <file>        Certificate for servers that ask for one, and its private key
            -cacert <file>                   Certificate authority of the server (default: those of the system)
            -k                               Accept any certificate

        Keys: 1 2 3 4 views, o order, n connections to ask for, c connection, s subjects, d host names, b numbers in full,
        space in a second or so far, p pause, ? help, q quit

        Exit code: 0 all went well, 1 the server did not answer, 2 it could not be done.

        """;
}
