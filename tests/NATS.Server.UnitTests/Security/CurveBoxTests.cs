using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class CurveBoxTests
{
    private static readonly byte[] Nonce = Convert.FromHexString("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
    private static readonly NkeyPair Alice = PairOf("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    private static readonly NkeyPair Bob = PairOf("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");

    // The vector of NaCl's own tests (box.c), behind the version and the nonce.
    [Fact]
    public void The_published_vector_comes_out()
    {
        byte[] message = Convert.FromHexString(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31" +
            "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864" +
            "5e0705");
        string box =
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972" +
            "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3" +
            "7973f622a43d14a6599b1f654cb45a74e355a5";

        Assert.True(Alice.TrySeal(message, Bob.PublicKey, Nonce, out byte[]? sealedMessage));
        Assert.Equal("786b7631" + Convert.ToHexStringLower(Nonce) + box, Convert.ToHexStringLower(sealedMessage));
        Assert.True(Bob.TryOpen(sealedMessage, Alice.PublicKey, out byte[]? opened));
        Assert.Equal(message, opened);
    }

    // The reference server once sealed with a key of zeros: everybody could read.
    [Fact]
    public void Two_recipients_get_two_texts_and_neither_opens_the_other()
    {
        NkeyPair carol = NkeyPair.Create(NkeyRole.Curve, new byte[32]);
        Assert.True(Alice.TrySeal("secret"u8, Bob.PublicKey, Nonce, out byte[]? toBob));
        Assert.True(Alice.TrySeal("secret"u8, carol.PublicKey, Nonce, out byte[]? toCarol));
        Assert.True(Bob.TrySeal("secret"u8, carol.PublicKey, Nonce, out byte[]? fromBob));

        Assert.NotEqual(toBob[28..], toCarol[28..]);
        Assert.NotEqual(toCarol[28..], fromBob[28..]);
        Assert.False(carol.TryOpen(toBob, Alice.PublicKey, out _));
        Assert.False(Bob.TryOpen(toCarol, Alice.PublicKey, out _));
        Assert.False(carol.TryOpen(toCarol, Bob.PublicKey, out _));
        Assert.True(carol.TryOpen(toCarol, Alice.PublicKey, out byte[]? message));
        Assert.Equal("secret"u8, message);
    }

    [Fact]
    public void What_is_sealed_cannot_be_opened_with_a_key_of_zeros()
    {
        Assert.True(Alice.TrySeal("secret"u8, Bob.PublicKey, Nonce, out byte[]? sealedMessage));
        byte[] derivedFromZeros = new byte[32];
        Salsa20.DeriveKey(new byte[32], new byte[16], derivedFromZeros);

        Assert.False(SecretBox.TryOpen(new byte[32], Nonce, sealedMessage.AsSpan(28), new byte[6]));
        Assert.False(SecretBox.TryOpen(derivedFromZeros, Nonce, sealedMessage.AsSpan(28), new byte[6]));
    }

    [Fact]
    public void Keys_with_which_every_secret_gives_zero_are_refused()
    {
        foreach (byte first in (byte[])[0, 1])
        {
            Nkey weak = new(NkeyRole.Curve, [first, .. new byte[31]]);

            // What such a sender could have sent: sealed under the key that everybody knows.
            byte[] key = new byte[32];
            byte[] box = new byte[44];
            Salsa20.DeriveKey(new byte[32], new byte[16], key);
            "xkv1"u8.CopyTo(box);
            Nonce.CopyTo(box, 4);
            SecretBox.Seal(key, Nonce, [], box.AsSpan(28));

            Assert.False(Alice.TrySeal("secret"u8, weak, Nonce, out byte[]? sealedMessage));
            Assert.Null(sealedMessage);
            Assert.False(Alice.TryOpen(box, weak, out _));
        }
    }

    [Fact]
    public void Every_changed_bit_is_noticed()
    {
        Assert.True(Alice.TrySeal("secret"u8, Bob.PublicKey, Nonce, out byte[]? sealedMessage));
        for (int bit = 0; bit < sealedMessage.Length * 8; bit++)
        {
            sealedMessage[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Bob.TryOpen(sealedMessage, Alice.PublicKey, out byte[]? opened));
            Assert.Null(opened);
            sealedMessage[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (int length = 0; length < sealedMessage.Length; length++)
            Assert.False(Bob.TryOpen(sealedMessage.AsSpan(0, length), Alice.PublicKey, out _));
        Assert.False(Bob.TryOpen([.. sealedMessage, 0], Alice.PublicKey, out _));
        Assert.True(Bob.TryOpen(sealedMessage, Alice.PublicKey, out _));
    }

    [Fact]
    public void An_empty_message_is_44_bytes()
    {
        Assert.True(Alice.TrySeal([], Bob.PublicKey, Nonce, out byte[]? sealedMessage));
        Assert.Equal(44, sealedMessage.Length);
        Assert.True(Bob.TryOpen(sealedMessage, Alice.PublicKey, out byte[]? message));
        Assert.Empty(message);
    }

    [Fact]
    public void Keys_are_used_for_what_they_are()
    {
        NkeyPair user = NkeyPair.Create(NkeyRole.User, new byte[32]);

        Assert.Throws<InvalidOperationException>(() => Alice.Sign("x"u8));
        Assert.Throws<InvalidOperationException>(() => user.TrySeal("x"u8, Bob.PublicKey, Nonce, out _));
        Assert.Throws<InvalidOperationException>(() => user.TryOpen("x"u8, Bob.PublicKey, out _));
        Assert.Throws<ArgumentException>(() => Alice.TrySeal("x"u8, Bob.PublicKey, new byte[23], out _));
        Assert.False(Alice.TrySeal("x"u8, user.PublicKey, Nonce, out _));
        Assert.False(Alice.TrySeal("x"u8, default, Nonce, out _));
        Assert.False(Alice.TryOpen(new byte[50], user.PublicKey, out _));
    }

    private static NkeyPair PairOf(string secret) => NkeyPair.Create(NkeyRole.Curve, Convert.FromHexString(secret));
}
