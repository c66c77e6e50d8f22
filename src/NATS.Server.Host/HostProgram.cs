using System.Globalization;
using NATS.Server.Core.Protocol;
using NATS.Server.Host.Explain;
using NATS.Server.Host.Flags;
using NATS.Server.Host.Logging;
using NATS.Server.Host.ProcessFiles;
using NATS.Server.Host.Signals;
using NATS.Server.Host.StoreCommands;
using NATS.Server.Host.Top;
using NATS.Server.Options;

namespace NATS.Server.Host;

/// <summary>The executable: from the command line to an exit code.</summary>
internal static class HostProgram
{
    private const string Name = "nats-server";

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["store", ..])
            return new StoreCommand(Console.Out, Console.Error, Console.OpenStandardOutput).Run(arguments[1..]);
        if (arguments is ["top", ..])
            return await new TopCommand(StandardOutput.Open(), Console.Error, hasTerminal: !Console.IsOutputRedirected, TimeProvider.System).RunAsync(arguments[1..]);
        if (arguments is ["explain", ..])
            return await ExplainAsync(arguments[1..]);
        switch (CommandLine.Parse(arguments))
        {
            case CommandLine.Version:
                await Console.Out.WriteLineAsync($"{Name}: v{ServerVersion.Compatible}");
                return 0;
            case CommandLine.Help:
                await Console.Out.WriteLineAsync(UsageText.Usage);
                return 0;
            case CommandLine.TlsHelp:
                await Console.Out.WriteAsync(UsageText.TlsHelp);
                return 0;
            case CommandLine.BadFlag bad:
                await Console.Error.WriteLineAsync(bad.Reason);
                await Console.Out.WriteLineAsync(UsageText.Usage);
                return 0;
            case CommandLine.BadCommand bad:
                return Fail(bad.Reason);
            case CommandLine.Signal signal:
                return SendSignal(signal.Expression);
            case CommandLine.Run run when run.Flags.CheckConfig:
                return CheckConfig(run.Flags);
            case CommandLine.Run run:
                return await ServeAsync(run.Flags);
            default:
                throw new InvalidOperationException("a command line of an unknown kind");
        }
    }

    private static async Task<int> ExplainAsync(string[] arguments)
    {
        ArgumentMemory.Redact();
        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        ExplanationStyle style = Console.IsOutputRedirected ? ExplanationStyle.Plain : ConsoleStyle.Detect(environment);
        return await new ExplainCommand(StandardOutput.Open(), Console.Error, style, environment).RunAsync(arguments);
    }

    private static int SendSignal(string expression)
    {
        if (OperatingSystem.IsWindows())
            return Fail("signals to a Windows service are not built yet");
        var sender = new SignalSender(new UnixProcessTable(), path => File.Exists(path) ? File.ReadAllText(path) : null);
        return sender.Run(expression) is { } error ? Fail(error) : 0;
    }

    private static int CheckConfig(ServerFlags flags)
    {
        if (flags.ConfigFile.Length == 0)
            return Fail("must specify [-c, --config] option to check configuration file syntax");
        var loaded = OptionsLoader.ForThisProcess.Load(flags.ConfigFile, FlagOverrides.None); // only the file is checked
        if (loaded.Errors.Count > 0 || loaded.Warnings.Count > 0)
            return Fail(loaded.Report);
        Console.Error.WriteLine($"{Name}: configuration file {flags.ConfigFile} is valid ({loaded.Digest})");
        return 0;
    }

    private static async Task<int> ServeAsync(ServerFlags flags)
    {
        IgnoredSignals.Accept(SignalNumbers.Interrupt, SignalNumbers.Terminate, SignalNumbers.Hangup, SignalNumbers.User1, SignalNumbers.User2);
        var overrides = flags.ToOverrides();
        var loaded = OptionsLoader.ForThisProcess.Load(flags.ConfigFile, overrides);
        if (loaded.Options is not { } options)
            return Fail(loaded.Report.TrimEnd('\n'));
        if (OptionsValidator.Validate(options) is { Count: > 0 } contradictions)
            return Fail(string.Join('\n', contradictions));
        await Console.Error.WriteAsync(loaded.Report);

        var executableName = ExecutableName();
        ArgumentMemory.Redact();

        HostLogger log;
        try
        {
            var sinks = new LogSinks(TimeProvider.System, executableName, Console.OpenStandardError(), hasColors: !Console.IsErrorRedirected);
            log = new HostLogger(sinks, LogSettings.From(options));
        }
        catch (LogSinkException exception)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:yyyy/MM/dd HH:mm:ss} {exception.Message}"));
            return 1;
        }

        using (log)
        using (var signals = new SignalTrap())
        {
            var host = new ServerHost(
                log,
                new PortsFile(executableName),
                SystemdNotifier.FromEnvironment(TimeProvider.System),
                () => OptionsLoader.ForThisProcess.Load(flags.ConfigFile, overrides),
                hasConfigFile: flags.ConfigFile.Length > 0);
            return await host.RunAsync(options, () => HostedNatsServer.StartAsync(options, log, host.ReloadOnRequest), signals.NextAsync);
        }
    }

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"{Name}: {reason}");
        return 1;
    }

    // The name the process was started by, which may be that of a link.
    private static string ExecutableName()
    {
        var started = ArgumentMemory.Read() is [{ Length: > 0 } first, ..] ? first : Environment.ProcessPath ?? Name;
        return Path.GetFileName(started) is { Length: > 0 } file and not "dotnet" ? file : Name;
    }
}
