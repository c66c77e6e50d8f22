namespace NATS.Server.Host.StoreCommands;

/// <summary>What <c>nats-server store</c> prints about itself.</summary>
internal static class StoreUsage
{
    public const string Text = """

        Usage: nats-server store verify|repair|export DIR [options]

        Checks the files of a JetStream store that no server has open. DIR is the store_dir of a server, its jetstream
        directory, or that of an account or a stream.

            verify                           Report what is damaged; nothing is written
            repair                           Mend what can be; originals are kept in lost+found of each stream
            export                           Write the messages that can be read to another place

        Options:
                --account <name>             Only this account; for a directory that does not tell, whose it is
                --stream <name>              Only this stream; for a directory of another name, what it was called
            -c, --config <file>              Take store_dir, key, prev_key and cipher from a server's configuration
                --key-file <file>            The key of an encrypted store is in this file
                --prev-key-file <file>       Likewise the key before
                --key <key>                  The key (better: NATS_STORE_KEY in the environment, or a file)
                --prev-key <key>             The key before (or NATS_STORE_PREV_KEY)
                --cipher <chacha|aes>        Of the store (default: chacha; the other is tried too)

            verify and repair:
                --json                       For programs
                --quiet                      Only what is wrong
                --verbose                    Blocks, consumers and notes too
                --dry-run                    repair: say what would be done, and write nothing

            export:
                --to <directory>             A backup of one stream, for "nats stream restore"
                --jsonl                      One JSON object per message instead, to --to <file> or standard output

        Exit code: 0 all is well, 1 something is damaged or lost, 2 it could not be done.

        """;
}
