using NATS.Server.Core.Config;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Options;

public sealed class OptionsLoaderTests
{
    [Fact]
    public void A_file_gives_options_with_its_path_and_digest()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.conf", "include b.conf\nport: -1\n");
        folder.Write("b.conf", "server_name: included\n");
        var result = OptionsLoader.ForThisProcess.Load(path, FlagOverrides.None);
        Assert.Empty(result.Errors);
        Assert.Equal((path, "included", result.Digest), (result.Options!.ConfigFile, result.Options.ServerName, result.Options.ConfigDigest));
        Assert.StartsWith("sha256:", result.Digest);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_an_error_in_the_reference_s_words()
    {
        using var folder = new TemporaryFolder();
        var missing = Path.Combine(folder.Path, "missing.conf");
        Assert.Equal([$"open {missing}: no such file or directory"], OptionsLoader.ForThisProcess.Load(missing, FlagOverrides.None).Errors);
        Assert.Equal([$"read {folder.Path}: is a directory"], OptionsLoader.ForThisProcess.Load(folder.Path, FlagOverrides.None).Errors);
    }

    [Fact]
    public void A_text_gives_options_without_a_path_and_digest()
    {
        var result = OptionsLoader.ForThisProcess.LoadText("server_name: $NAME_OF_TEST", new FlagOverrides { Port = -1 });
        Assert.Equal(["variable reference for 'NAME_OF_TEST' on line 1 can not be found"], result.Errors);
        Assert.Null(result.Options);

        result = OptionsLoader.ForThisProcess.LoadText("server_name: a", new FlagOverrides { Port = -1 });
        Assert.Equal(("a", -1, "", ""), (result.Options!.ServerName, result.Options.Port, result.Options.ConfigFile, result.Options.ConfigDigest));
    }

    [Fact]
    public void The_environment_is_read_through_the_loader()
    {
        var loader = new OptionsLoader(path => new ConfigFile(default, path), name => name == "X" ? "\"a b\"" : null);
        Assert.Equal("a b", loader.LoadText("server_metadata { a: $X }").Options!.Metadata["a"]);
    }

    [Fact]
    public void Printed_options_and_flags_tell_no_secrets()
    {
        var options = LoadedOptions.Read("authorization { users: [ { user: a, password: hidden } ] }", new FlagOverrides { Token = "hidden" });
        Assert.DoesNotContain("hidden", $"{options} {options.Authorization.Users[0]} {new FlagOverrides { Password = "hidden" }}");
    }

    [Fact]
    public void Warnings_do_not_stop_and_are_reported_before_errors()
    {
        var result = LoadedOptions.Load("ping_interval: 5");
        Assert.NotNull(result.Options);
        Assert.Equal("test.conf:1:0: invalid use of field \"ping_interval\": ping_interval should be converted to a duration\n", result.Report);
    }
}
