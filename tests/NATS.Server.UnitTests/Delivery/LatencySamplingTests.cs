using System.Text;
using NATS.Server.Delivery;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

public sealed class LatencySamplingTests
{
    [Theory]
    [InlineData("Uber-Trace-Id: a:b:c:1\r\nuberctx-x: y\r\nOther: z\r\n", "{\"Uber-Trace-Id\":[\"a:b:c:1\"],\"Uberctx-X\":[\"y\"]}")]
    [InlineData("Uber-Trace-Id: a:b:c:03\r\n", "{\"Uber-Trace-Id\":[\"a:b:c:03\"]}")]
    [InlineData("Uber-Trace-Id: a:b:c:2\r\nX-B3-Sampled: 1\r\n", null)]
    [InlineData("Uber-Trace-Id: a:b:c:001\r\n", null)]
    [InlineData("Uber-Trace-Id: a:b:c:\r\n", null)]
    [InlineData("Uber-Trace-Id: a:b:c:xy\r\n", null)]
    [InlineData("X-B3-Sampled: 1\r\nx-b3-traceid: t\r\nX-B3-Flags: 1\r\n", "{\"X-B3-Sampled\":[\"1\"],\"X-B3-Traceid\":[\"t\"]}")]
    [InlineData("X-B3-Sampled: 0\r\nX-B3-TraceId: t\r\n", null)]
    [InlineData("X-B3-Sampled: d\r\nX-B3-TraceId: t\r\n", "{\"X-B3-Sampled\":[\"d\"],\"X-B3-Traceid\":[\"t\"]}")]
    [InlineData("X-B3-Sampled: d\r\n", null)]
    [InlineData("b3: a-b-1-c\r\n", "{\"B3\":[\"a-b-1-c\"]}")]
    [InlineData("b3: a-b\r\n", "{\"B3\":[\"a-b\"]}")]
    [InlineData("b3: a-b-0-c\r\n", null)]
    [InlineData("b3: 0\r\n", null)]
    [InlineData("b3: 0-b\r\n", "{\"B3\":[\"0-b\"]}")]
    [InlineData("traceparent: 00-a-b-01\r\nTracestate: s\r\ntracestate: t\r\n", "{\"Traceparent\":[\"00-a-b-01\"],\"Tracestate\":[\"s\",\"t\"]}")]
    [InlineData("traceparent: 00-a-b-00\r\n", null)]
    [InlineData("traceparent: 00-a-b-ff\r\n", null)]
    [InlineData("traceparent: 00-a-b-1\r\n", null)]
    [InlineData("traceparent: 00-a-01\r\n", null)]
    [InlineData("Other: 1\r\n", null)]
    [InlineData("", null)]
    public void Headers_decide(string headers, string? expected)
    {
        byte[] block = Encoding.ASCII.GetBytes(headers.Length == 0 ? "" : $"NATS/1.0\r\n{headers}\r\n");
        Assert.Equal(expected is not null, LatencySampling.IsAskedFor(block, out byte[]? json));
        Assert.Equal(expected, json is null ? null : Encoding.UTF8.GetString(json));
    }
}
