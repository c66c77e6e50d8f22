using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Fuzz.Targets;

/// <summary>CONNECT: accepted or refused, never an exception, and no secret in the text form.</summary>
internal sealed class ConnectTarget : IFuzzTarget
{
    public string Name => "connect";

    public long BaseAllocation => 32 * 1024;

    public int AllocationPerByte => 64;

    public string? Run(byte[] input, Random random)
    {
        if (!ConnectOptions.TryParse(input, ConnectOptions.Default, out ConnectOptions? options, out string? error)) return error.Length == 0 ? "no error text" : null;
        const int tooShortToJudge = 8;
        string shown = options.ToString() ?? "";
        bool leaks = options.Password.Length > tooShortToJudge && options.Password != options.Name && shown.Contains(options.Password, StringComparison.Ordinal)
            && !Encoding.UTF8.GetString(input).Contains("name", StringComparison.OrdinalIgnoreCase);
        return leaks ? "the password is shown" : null;
    }
}
