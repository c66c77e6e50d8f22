namespace NATS.Server.Host.Flags;

/// <summary>What <c>-h</c> and <c>--help_tls</c> print.</summary>
internal static class UsageText
{
    public const string Usage = """

        Usage: nats-server [options]

        Server Options:
            -a, --addr, --net <host>         Address to listen on (default: 0.0.0.0)
            -p, --port <port>                Client port, -1 for a random one (default: 4222)
            -n, --name
                --server_name <server_name>  Name of this server (default: its id)
            -P, --pid <file>                 Write the process id to this file
            -m, --http_port <port>           HTTP monitoring port
            -ms,--https_port <port>          HTTPS monitoring port
            -c, --config <file>              Configuration file; flags win over it
            -t                               Check the configuration file, then exit
            -sl,--signal <signal>[=<pid>]    Signal a running nats-server (ldm, stop, quit, term, reopen, reload), then exit
                                             <pid> is a process id (1234), a prefix of process ids (12*) or the path of a PID file
                --client_advertise <string>  Address that other servers and clients are told
                --ports_file_dir <dir>       Write the listening addresses to <dir>/<executable_name>_<pid>.ports

        Logging Options:
            -l, --log <file>                 Log to this file
            -T, --logtime                    Start log lines with the time (default: true)
                --logtime_utc                Use UTC instead of local time
            -s, --syslog                     Log to the local syslog
            -r, --remote_syslog <addr>       Log to a syslog server (udp://host:514, tcp://host:601, unix:///path)
            -D, --debug                      Debug messages
            -V, --trace                      Trace the protocol
            -VV                              Trace the protocol, system account included
            -DV                              Debug messages and trace
            -DVV                             Debug messages and trace, system account included
                --log_size_limit <limit>     Rotate the log file at this many bytes (default: never)
                --max_traced_msg_len <len>   Cut traced messages to this many bytes (default: unlimited)

        JetStream Options:
            -js, --jetstream                 Enable JetStream
            -sd, --store_dir <dir>           Where JetStream stores its data

        Authorization Options:
                --user <user>                User that clients must name
                --pass <password>            Password that clients must give
                --auth <token>               Token that clients must give

        TLS Options:
                --tls                        Enable TLS without client certificates (default: false)
                --tlscert <file>             Certificate of this server
                --tlskey <file>              Private key of the certificate
                --tlsverify                  Enable TLS and require client certificates
                --tlscacert <file>           Certificate authority of the client certificates

        Cluster Options:
                --routes <rurl-1, rurl-2>    Routes to open
                --cluster <cluster-url>      Address to listen on for routes
                --cluster_name <string>      Name of the cluster (default: generated)
                --no_advertise <bool>        Tell clients nothing about the other servers
                --cluster_advertise <string> Address for routes that other servers are told
                --connect_retries <number>   Attempts to connect an implicit route
                --cluster_listen <url>       Address to listen on for routes

        Profiling Options:
                --profile <port>             Profiling HTTP port

        Common Options:
            -h, --help                       Print this text
            -v, --version                    Print the version
                --help_tls                   Print what can be set for TLS

        Store Commands:
            store verify|repair|export <dir> Check, mend or save the files of a JetStream store that no server
                                             has open (store --help says more)

        Watching:
            top                              Show what a running server does, by its monitoring port (top --help says more)
            explain <question>               Ask a running server why: who may publish and subscribe, where messages go, why a
                                             consumer delivers nothing, why a connection closed (explain --help says more)

        """;

    public const string TlsHelp = """

        TLS is configured by the tls section of the configuration file:

            tls {
                cert_file:      "./certs/server-cert.pem"
                key_file:       "./certs/server-key.pem"
                ca_file:        "./certs/ca.pem"
                verify:         true
                verify_and_map: true
                cipher_suites:     [ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" ]
                min_version:       "1.2"
            }

        or by the flags --tls, --tlscert, --tlskey, --tlsverify and --tlscacert.

        Cipher suites apply to TLS 1.2; those of TLS 1.3 are always available. They have the names of the registry, such as
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.

        """;
}
