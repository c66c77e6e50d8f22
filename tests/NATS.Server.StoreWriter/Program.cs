using NATS.Server.Testing.Storage.Crashes;

// A process to be killed, or to lose its power, while it stores messages: see tests/power-cut.sh and KillTests.
//   write DIRECTORY          stores until it ends, and writes a line to standard output for every acknowledged message
//   check DIRECTORY LINES    tells whether the messages of those lines are there; exits with 1 when they are not
switch (args)
{
    case ["write", var directory]:
        StoreWriter.Write(directory, Console.OpenStandardOutput());
        return 0;
    case ["check", var directory, var lines]:
        string verdict = StoreWriter.Check(directory, File.ReadLines(lines), out bool isGood);
        Console.WriteLine(verdict);
        return isGood ? 0 : 1;
    default:
        Console.Error.WriteLine("usage: NATS.Server.StoreWriter write DIRECTORY | check DIRECTORY LINES");
        return 2;
}
