using NATS.Server.Monitoring.Http;

namespace NATS.Server.Fuzz.Targets;

/// <summary>HTTP requests: a head that is found when it is complete is found with whatever follows it, and not before it is complete.</summary>
internal sealed class HttpTarget : IFuzzTarget
{
    private const int MaxHead = 16 * 1024;

    public string Name => "http";

    public long BaseAllocation => 64 * 1024;

    public int AllocationPerByte => 160;

    public string? Run(byte[] input, Random random)
    {
        HttpParseResult whole = HttpRequestParser.Parse(input, MaxHead);
        if (whole.Status != HttpParseStatus.Complete) return null;
        if (whole.HeadBytes <= 0 || whole.HeadBytes > input.Length) return $"a head of {whole.HeadBytes} bytes in {input.Length}";
        HttpParseResult exact = HttpRequestParser.Parse(input.AsSpan(0, whole.HeadBytes), MaxHead);
        if (exact.Status != HttpParseStatus.Complete || exact.HeadBytes != whole.HeadBytes) return "the head alone is judged differently";
        HttpParseResult less = HttpRequestParser.Parse(input.AsSpan(0, whole.HeadBytes - 1), MaxHead);
        return less.Status == HttpParseStatus.Complete ? "a head was found before it was complete" : null;
    }
}
