using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Api;

/// <summary>What a stream says while a batch is published fast.</summary>
public sealed class BatchFlowTests
{
    [Fact]
    public void Fast_batches_are_told_how_they_get_on()
    {
        Assert.Equal("""{"type":"ack","seq":3,"msgs":10}""", Write(static output => BatchFlow.WriteAck(output, 3, 10)));
        Assert.Equal("""{"type":"gap","last_seq":3,"seq":5}""", Write(static output => BatchFlow.WriteGap(output, 3, 5)));
        Assert.Equal("""{"type":"err","seq":3,"error":{"code":404,"err_code":10059,"description":"stream not found"}}""", Write(static output => BatchFlow.WriteError(output, 3, ApiErrors.StreamNotFound)));
    }

    private static string Write(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
