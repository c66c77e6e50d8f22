using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Api;

/// <summary>What a stream answers to those who publish.</summary>
public sealed class PubAckTests
{
    private static readonly PubAck Ack = new("S", "hub");

    [Fact]
    public void Acknowledgements_look_as_the_reference_writes_them()
    {
        Assert.Equal("""{"stream":"S","seq":18446744073709551615}""", Write(static output => new PubAck("S").Write(output, ulong.MaxValue)));
        Assert.Equal("""{"stream":"S","domain":"hub","seq":5}""", Write(static output => Ack.Write(output, 5)));
        Assert.Equal("""{"stream":"S","domain":"hub","seq":5,"duplicate": true}""", Write(static output => Ack.Write(output, 5, isDuplicate: true)));
        Assert.Equal("""{"stream":"S","domain":"hub","seq":5,"val":"12"}""", Write(static output => Ack.WriteCounter(output, 5, "12")));
        Assert.Equal("""{"stream":"S","domain":"hub","seq":5,"batch":"b\"","count":3}""", Write(static output => Ack.WriteBatch(output, 5, "b\"", 3)));
        Assert.Equal("""{"stream":"S","domain":"hub","seq":5,"duplicate": true,"batch":"b","count":1}""", Write(static output => Ack.WriteBatch(output, 5, "b", 1, isDuplicate: true)));
        Assert.Equal("""{"error":{"code":503,"err_code":10077,"description":"x"},"stream":"S","seq":0}""", Write(static output => Ack.WriteError(output, ApiErrors.StreamStoreFailed("x"))));
    }

    [Fact]
    public void An_acknowledgement_fits_or_is_not_written()
    {
        byte[] output = new byte[Ack.MaximumLength];
        Assert.True(Ack.TryWrite(output, ulong.MaxValue, isDuplicate: true, out int written));
        Assert.Equal(Ack.MaximumLength, written);
        for (int length = 0; length < written; length++) Assert.False(Ack.TryWrite(output.AsSpan(0, length), ulong.MaxValue, isDuplicate: true, out _));
    }

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
