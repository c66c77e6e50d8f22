using System.Buffers;
using System.IO.Compression;
using System.Text;
using NATS.Server.Core.Compression;
using NATS.Server.InteropTests.Auth;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Tracing;

/// <summary>Traces as the message's header <c>Accept-Encoding</c> wants them.</summary>
public sealed class TraceEncodingTests(TraceEncodingTests.Servers servers) : IClassFixture<TraceEncodingTests.Servers>
{
    [Theory]
    [InlineData("Accept-Encoding: gzip\r\n")]
    [InlineData("Accept-Encoding: GZip, br\r\n")]
    [InlineData("Accept-Encoding: snappy\r\n")]
    [InlineData("Accept-Encoding: gzip, S2\r\n")]
    [InlineData("Accept-Encoding: br\r\n")]
    [InlineData("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n")]
    [InlineData("accept-encoding: gzip\r\n")]
    [InlineData("")]
    public async Task Traces_are_compressed_as_the_reference_does(string headers) =>
        Assert.Equal(await TraceAsync(await servers.StartedAsync("reference"), headers), await TraceAsync(await servers.StartedAsync("ours"), headers));

    private static async Task<string> TraceAsync(ServerProcess server, string headers)
    {
        await using TraceClient client = await TraceClient.ConnectAsync(server, """{"verbose":false,"headers":true}""");
        (string block, byte[] body) = await client.PublishAsync("foo", headers);
        return block + TraceText.Normalise(Encoding.UTF8.GetString(Decode(block, body)));
    }

    private static byte[] Decode(string block, byte[] body)
    {
        if (block.Contains("snappy", StringComparison.Ordinal))
        {
            var plain = new ArrayBufferWriter<byte>();
            Assert.Equal(S2Error.None, S2Stream.Decompress(body, plain, 1 << 20));
            return plain.WrittenSpan.ToArray();
        }

        if (!block.Contains("gzip", StringComparison.Ordinal)) return body;
        using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }

    public sealed class Servers() : ServerPair("");
}
