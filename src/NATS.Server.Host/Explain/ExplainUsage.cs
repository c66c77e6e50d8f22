namespace NATS.Server.Host.Explain;

/// <summary>What <c>nats-server explain</c> prints about itself.</summary>
internal static class ExplainUsage
{
    public const string Text = """

        Usage: nats-server explain <question> [options]

        Asks a running server why, and prints its answer with the rule that decided. Changes nothing. Only a user of the
        system account may ask.

        Questions:
            publish <subject>                May this user publish to this subject? (--as, --cid or --account says who)
            subscribe <subject> [<queue>]    May this user subscribe to it? (likewise)
            route <subject>                  Where would a message on this subject go?
            consumer <stream> <consumer>     Why does this consumer not deliver?
            connection <cid>                 Why did this connection close, or what holds it up? (or --as for that of a user)

        About whom:
            --as <user>                      The user, as /connz?auth=1 shows it
            --cid <number>                   The connection, in place of a user
            --account <name>                 The account (default: that of the user or the connection, else the one of those
                                             who name none); alone: its users without permissions of their own
            --reply                          The message of route asks for an answer

        Whom to ask:
            -s, --server <url>               nats://host:port or tls://host:port, also with user:password@, also several with
                                             commas (default: $NATS_URL, or nats://127.0.0.1:4222)
            --server-id <id>                 Another server than the one that is connected to
            --all                            All servers
            --timeout <duration>             Time for all of it (default: $NATS_TIMEOUT, or 5s)

        Login, by one of:
            --user <name>                    User; without a password: a token ($NATS_USER)
            --password <password>            Its password ($NATS_PASSWORD)
            --token <token>                  Token ($NATS_TOKEN)
            --creds <file>                   Credentials of operator mode ($NATS_CREDS)
            --nkey <file>                    Seed of a user ($NATS_NKEY)

        TLS Options:
            --tlscert <file>, --tlskey <file>
                                             Certificate to present, and its private key ($NATS_CERT, $NATS_KEY)
            --tlsca <file>                   Authority of the server's certificate ($NATS_CA; default: those of the system)
            --tlsfirst                       The server waits for the handshake before it says anything (found out by itself
                                             with tls://)

        Output:
            -json                            The explanation as JSON, on a line; with --all whole answers, a line each
            --inbox-prefix <subject>         Where answers are to be sent to begins so (default: _INBOX)

        Exit code: 0 allowed, delivered, delivering, idle or open, 1 denied, nobody, waiting, stopped, closed or not found,
        2 the command line or a file that it names makes no sense, 3 there was no answer.

        """;
}
