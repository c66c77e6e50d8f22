using System.ComponentModel;
using System.Diagnostics;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>The C client sees no difference between the reference and our server.</summary>
public sealed class CClientTests
{
    private static readonly Lazy<(string Path, string Missing)> Compiled = new(Compile);

    [Theory]
    [InlineData("publish-subscribe")]
    [InlineData("request")]
    [InlineData("no-responders")]
    [InlineData("headers")]
    [InlineData("auto-unsubscribe")]
    [InlineData("queue-group")]
    [InlineData("many-messages")]
    [InlineData("max-payload")]
    [InlineData("drain")]
    [InlineData("no-echo")]
    [InlineData("server-info")]
    public Task Client_sees_the_same_of_both_servers(string scenario) => Program().CompareAsync(scenario, ClientConfig.Open);

    [Fact]
    public Task Client_authenticates_by_user_and_password() => Program().CompareAsync("credentials", ClientConfig.UserAndPassword);

    [Fact]
    public Task Client_authenticates_by_token() => Program().CompareAsync("token", ClientConfig.Token);

    [Fact]
    public Task Client_authenticates_by_nkey() => Program().CompareAsync("nkey", ClientConfig.Nkey);

    internal static ClientProgram Program(IReadOnlyDictionary<string, string>? environment = null)
    {
        if (Compiled.Value.Missing.Length > 0) throw new SkippedTestException(Compiled.Value.Missing);
        return new ClientProgram(Compiled.Value.Path) { Environment = environment ?? new Dictionary<string, string>(StringComparer.Ordinal) };
    }

    private static (string Path, string Missing) Compile()
    {
        string source = Repository.PathOf("tests", "NATS.Server.InteropTests", "Clients", "c", "scenarios.c");
        string output = Path.Combine(AppContext.BaseDirectory, "c-client-scenarios");
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo("gcc", ["-Wall", "-Wextra", "-O1", "-o", output, source, "-lnats"])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            })!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode == 0) return (output, "");
            return errors.Contains("nats/nats.h: No such file", StringComparison.Ordinal) ? ("", "the C client (libnats) is not installed") : throw new InvalidOperationException(errors);
        }
        catch (Win32Exception)
        {
            return ("", "there is no C compiler");
        }
    }
}
