using System.Buffers;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Recovery;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

public sealed class SealedFileTests
{
    private static readonly HighwayHashKey Key = StoreHashKey.OfStream("S");

    [Fact]
    public void What_was_sealed_is_believed_as_long_as_nothing_changed()
    {
        byte[] file = Sealed();
        Assert.True(SealedFile.TryCheck(file, Key, out int length));
        Assert.Equal(file.Length - SealedFile.TrailerLength, length);
        for (int bit = 0; bit < length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(SealedFile.TryCheck(file, Key, out _));
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_damaged_end_makes_the_content_longer_than_it_says()
    {
        byte[] file = Sealed();
        int contentLength = file.Length - SealedFile.TrailerLength;
        for (int bit = contentLength * 8; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(!SealedFile.TryCheck(file, Key, out int length) || length > contentLength);
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_file_of_the_reference_has_no_end_of_its_own()
    {
        Assert.True(SealedFile.TryCheck(new byte[100], Key, out int length));
        Assert.Equal(100, length);
        Assert.True(SealedFile.TryCheck([], Key, out length));
        Assert.Equal(0, length);
    }

    private static byte[] Sealed()
    {
        var output = new ArrayBufferWriter<byte>();
        SourcesFile.Encode(output, [new StoredSource("A > >", 12, "x")], 13);
        SealedFile.Seal(output, Key);
        return output.WrittenSpan.ToArray();
    }
}
