using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Consumers;

public sealed class AckPayloadTests
{
    [Theory]
    [InlineData("", AckKind.Ack)]
    [InlineData("+ACK", AckKind.Ack)]
    [InlineData("+OK", AckKind.Ack)]
    [InlineData("+ack", AckKind.Unknown)]
    [InlineData("+ACK ", AckKind.Unknown)]
    [InlineData(" +ACK", AckKind.Unknown)]
    [InlineData("+ACK\r\n", AckKind.Unknown)]
    [InlineData("-NAK", AckKind.Nak)]
    [InlineData("-NAKED", AckKind.Nak)]
    [InlineData("-nak", AckKind.Unknown)]
    [InlineData("+WPI", AckKind.Progress)]
    [InlineData("+WPI ", AckKind.Unknown)]
    [InlineData("+NXT", AckKind.Next)]
    [InlineData("+NXT5", AckKind.Next)]
    [InlineData("+TERM", AckKind.Term)]
    [InlineData("+TERMINATED", AckKind.Term)]
    [InlineData("+TER", AckKind.Unknown)]
    [InlineData("hello", AckKind.Unknown)]
    public void Words_say_what_is_meant(string payload, AckKind kind) => Assert.Equal(kind, AckPayload.Parse(Encoding.UTF8.GetBytes(payload)).Kind);

    [Theory]
    [InlineData("+TERM  too old \r\n", "too old")]
    [InlineData("+TERM", "")]
    [InlineData("+TERMbad", "bad")]
    [InlineData("+NXT 10", "10")]
    [InlineData("-NAK\t1s", "1s")]
    [InlineData("+TERM\u00a0\u2003bad\u3000", "bad")]
    public void Arguments_lose_the_white_space_around_them(string payload, string argument) =>
        Assert.Equal(argument, Encoding.UTF8.GetString(AckPayload.Parse(Encoding.UTF8.GetBytes(payload)).Argument));

    [Theory]
    [InlineData("-NAK", NakDelay.None, 0)]
    [InlineData("-NAK  ", NakDelay.None, 0)]
    [InlineData("-NAK 1s", NakDelay.Given, 1_000_000_000)]
    [InlineData("-NAK1m30s", NakDelay.Given, 90_000_000_000)]
    [InlineData("-NAK 0", NakDelay.Given, 0)]
    [InlineData("-NAK -5ms", NakDelay.Given, -5_000_000)]
    [InlineData("-NAK 5", NakDelay.Invalid, 0)]
    [InlineData("-NAK later", NakDelay.Invalid, 0)]
    [InlineData("-NAK {\"delay\":250000000}", NakDelay.Given, 250_000_000)]
    [InlineData("-NAK {\"delay\":-1}", NakDelay.Given, -1)]
    [InlineData("-NAK {\"DELAY\": 7}", NakDelay.Given, 7)]
    [InlineData("-NAK {\"del\\u0061y\": 7}", NakDelay.Given, 7)]
    [InlineData("-NAK {\"delay\":1,\"delay\":2}", NakDelay.Given, 2)]
    [InlineData("-NAK {\"delay\":1,\"delay\":null}", NakDelay.Given, 1)]
    [InlineData("-NAK {\"other\":{\"delay\":[5]},\"delay\":3}", NakDelay.Given, 3)]
    [InlineData("-NAK {}", NakDelay.Given, 0)]
    [InlineData("-NAK {\"delay\":\"1s\"}", NakDelay.Invalid, 0)]
    [InlineData("-NAK {\"delay\":1e9}", NakDelay.Invalid, 0)]
    [InlineData("-NAK {\"delay\":99999999999999999999}", NakDelay.Invalid, 0)]
    [InlineData("-NAK {\"delay\":[1]}", NakDelay.Invalid, 0)]
    [InlineData("-NAK {\"delay\":1} x", NakDelay.Invalid, 0)]
    [InlineData("-NAK {\"delay\":1", NakDelay.Invalid, 0)]
    [InlineData("-NAK {\"\\ud800\":1}", NakDelay.Invalid, 0)]
    [InlineData("-NAK {", NakDelay.Invalid, 0)]
    public void Delays_come_as_objects_and_as_durations(string payload, NakDelay expected, long delayNs)
    {
        NakDelay read = AckPayload.Parse(Encoding.UTF8.GetBytes(payload)).ReadDelay(out long found);
        Assert.Equal(expected, read);
        if (expected != NakDelay.Invalid) Assert.Equal(delayNs, found);
    }

    [Fact]
    public void Random_bytes_are_read_without_an_exception()
    {
        var random = new Random(7);
        byte[][] starts = ["-NAK {\"delay\":"u8.ToArray(), "-NAK "u8.ToArray(), "+TERM"u8.ToArray(), "$JS.ACK.S.C."u8.ToArray(), []];
        byte[] letters = "{}[]\":,.0123456789-+eEnulltrsmhµ\\ud8 \u0085"u8.ToArray();
        for (int i = 0; i < 200_000; i++)
        {
            byte[] start = starts[random.Next(starts.Length)];
            byte[] text = new byte[start.Length + random.Next(24)];
            start.CopyTo(text, 0);
            for (int at = start.Length; at < text.Length; at++) text[at] = random.Next(8) == 0 ? (byte)random.Next(256) : letters[random.Next(letters.Length)];
            AckPayload.Parse(text).ReadDelay(out _);
            Assert.False(AckReply.TryParse(text, out AckReply reply) && reply.StreamSequence > long.MaxValue && reply.StreamSequence != AckReply.NoNumber);
        }
    }
}
