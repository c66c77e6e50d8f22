using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Options;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Configuration texts, from the lexer to validated options: options or errors, each with its place.</summary>
internal sealed class ConfigTarget : IFuzzTarget
{
    private readonly OptionsLoader _loader = new(
        static path => new ConfigFile(Encoding.UTF8.GetBytes("included: " + path.Length)),
        static name => name == "HOME" ? "/nowhere" : null);

    public string Name => "config";

    public long BaseAllocation => 1024 * 1024;

    public int AllocationPerByte => 4096;

    public string? Run(byte[] input, Random random)
    {
        LoadResult result = _loader.LoadText(Encoding.UTF8.GetString(input));
        return result.Options is null && result.Errors.Count == 0 ? "neither options nor errors" : null;
    }
}
