using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Options;

/// <summary>Loads configuration texts without a file system.</summary>
internal static class LoadedOptions
{
    public static LoadResult Load(string text, FlagOverrides? flags = null) =>
        new OptionsLoader(path => path == "test.conf" ? new ConfigFile(Encoding.UTF8.GetBytes(text)) : new ConfigFile(default, $"open {path}: no such file or directory"), _ => null)
            .Load("test.conf", flags ?? FlagOverrides.None);

    /// <summary>The options of a text that is valid.</summary>
    public static ServerOptions Read(string text, FlagOverrides? flags = null)
    {
        var result = Load(text, flags);
        Assert.Empty(result.Errors);
        return result.Options!;
    }

    /// <summary>The one error of a text, without the file's name.</summary>
    public static string Error(string text)
    {
        var error = Assert.Single(Load(text).Errors);
        return error.StartsWith("test.conf:", StringComparison.Ordinal) ? error["test.conf:".Length..] : error;
    }
}
