using System.Buffers;
using NATS.Server.Tracing;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Header blocks as tracing reads them: the quick look misses nothing, and what was marked as not to be traced is not traced.</summary>
internal sealed class TraceHeadersTarget : IFuzzTarget
{
    private readonly ArrayBufferWriter<byte> _output = new();

    public string Name => "trace-headers";

    public long BaseAllocation => 16 * 1024;

    public int AllocationPerByte => 512;

    public string? Run(byte[] input, Random random)
    {
        TraceOrigin origin = TraceHeaders.Find(input);
        SortedDictionary<string, List<string>> headers = TraceHeaders.Read(input);
        if (headers.Values.Any(static values => values.Count == 0)) return "a header without values";
        if (origin == TraceOrigin.Destination && !TraceHeaders.MayNameDestination(input)) return "the quick look missed a destination";
        if (origin == TraceOrigin.Destination && !headers.ContainsKey("Nats-Trace-Dest")) return "the destination is not among the headers";
        _output.ResetWrittenCount();
        TraceHeaders.Redirect(input, TraceHeaders.Disabled, _output);
        return TraceHeaders.Find(_output.WrittenSpan) == TraceOrigin.Destination ? "a message that is not to be traced names a destination" : null;
    }
}
