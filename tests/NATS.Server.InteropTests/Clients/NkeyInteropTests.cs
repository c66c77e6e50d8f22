using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>Our nkeys and those of the official JavaScript implementation understand one another.</summary>
public sealed class NkeyInteropTests
{
    public static TheoryData<NkeyRole> Roles => [NkeyRole.Account, NkeyRole.Cluster, NkeyRole.Server, NkeyRole.Operator, NkeyRole.User, NkeyRole.Curve];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Seeds_made_there_are_read_here(NkeyRole role)
    {
        JsonNode[] made = await NkeyPeer.AskAsync(Enumerable.Range(0, 20).Select(_ => new JsonObject { ["operation"] = "create", ["role"] = ((char)role).ToString() }));
        foreach (JsonNode pair in made)
        {
            Assert.True(NkeyPair.TryParseSeed(Text(pair, "seed"), out NkeyPair? ours), pair.ToJsonString());
            Assert.Equal(Text(pair, "public"), ours.ToString());
            Assert.Equal(Text(pair, "seed"), SeedOf(ours));
            Assert.True(Nkey.IsValid(Text(pair, "public"), role));
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Seeds_made_here_are_read_there(NkeyRole role)
    {
        NkeyPair[] made = [.. Enumerable.Range(0, 20).Select(_ => Create(role))];
        JsonNode[] read = await NkeyPeer.AskAsync(made.Select(pair => new JsonObject { ["operation"] = "read", ["seed"] = SeedOf(pair) }));
        Assert.Equal(made.Select(pair => pair.ToString()), read.Select(pair => Text(pair, "public")));
        Assert.Equal(made.Select(SeedOf), read.Select(pair => Text(pair, "seed")));
    }

    [Fact]
    public async Task Signatures_made_here_and_there_are_the_same_and_verified_by_both()
    {
        var cases = Enumerable.Range(0, 100).Select(i => (Pair: Create(NkeyRole.User), Message: RandomNumberGenerator.GetBytes(i * 3))).ToArray();
        JsonNode[] signed = await NkeyPeer.AskAsync(cases.Select(c => new JsonObject
        {
            ["operation"] = "sign", ["seed"] = SeedOf(c.Pair), ["message"] = Convert.ToHexStringLower(c.Message),
        }));
        JsonNode[] verified = await NkeyPeer.AskAsync(cases.Select(c => new JsonObject
        {
            ["operation"] = "verify", ["public"] = c.Pair.ToString(), ["message"] = Convert.ToHexStringLower(c.Message),
            ["signature"] = Convert.ToHexStringLower(c.Pair.Sign(c.Message)),
        }));

        for (int i = 0; i < cases.Length; i++)
        {
            byte[] signature = Convert.FromHexString(Text(signed[i], "signature"));
            Assert.True(cases[i].Pair.PublicKey.Verify(cases[i].Message, signature));
            Assert.Equal(cases[i].Pair.Sign(cases[i].Message), signature);
            Assert.True(verified[i]["verified"]!.GetValue<bool>());
        }
    }

    [Fact]
    public async Task What_is_sealed_there_is_opened_here()
    {
        var cases = SealedCases();
        JsonNode[] withTheirNonce = await NkeyPeer.AskAsync(cases.Select(c => new JsonObject
        {
            ["operation"] = "seal", ["seed"] = SeedOf(c.Sender), ["recipient"] = c.Recipient.ToString(), ["message"] = Convert.ToHexStringLower(c.Message),
        }));
        JsonNode[] withOurNonce = await NkeyPeer.AskAsync(cases.Select(c => new JsonObject
        {
            ["operation"] = "seal", ["seed"] = SeedOf(c.Sender), ["recipient"] = c.Recipient.ToString(), ["message"] = Convert.ToHexStringLower(c.Message),
            ["nonce"] = Convert.ToHexStringLower(c.Nonce),
        }));

        for (int i = 0; i < cases.Length; i++)
        {
            var (sender, recipient, nonce, message) = cases[i];
            Assert.True(recipient.TryOpen(Convert.FromHexString(Text(withTheirNonce[i], "sealed")), sender.PublicKey, out byte[]? opened));
            Assert.Equal(message, opened);
            Assert.True(sender.TrySeal(message, recipient.PublicKey, nonce, out byte[]? sealedHere));
            Assert.Equal(Text(withOurNonce[i], "sealed"), Convert.ToHexStringLower(sealedHere));
        }
    }

    [Fact]
    public async Task What_is_sealed_here_is_opened_there()
    {
        var cases = SealedCases();
        JsonNode[] opened = await NkeyPeer.AskAsync(cases.Select(c => new JsonObject
        {
            ["operation"] = "open", ["seed"] = SeedOf(c.Recipient), ["sender"] = c.Sender.ToString(), ["sealed"] = Seal(c),
        }));
        Assert.Equal(cases.Select(c => Convert.ToHexStringLower(c.Message)), opened.Select(answer => Text(answer, "message")));
    }

    private static (NkeyPair Sender, NkeyPair Recipient, byte[] Nonce, byte[] Message)[] SealedCases() =>
        [.. Enumerable.Range(0, 100).Append(1024).Append(70_000).Select(length =>
            (Create(NkeyRole.Curve), Create(NkeyRole.Curve), RandomNumberGenerator.GetBytes(NkeyPair.NonceSize), RandomNumberGenerator.GetBytes(length)))];

    private static string Seal((NkeyPair Sender, NkeyPair Recipient, byte[] Nonce, byte[] Message) c)
    {
        Assert.True(c.Sender.TrySeal(c.Message, c.Recipient.PublicKey, c.Nonce, out byte[]? sealedMessage));
        return Convert.ToHexStringLower(sealedMessage);
    }

    private static NkeyPair Create(NkeyRole role) => NkeyPair.Create(role, RandomNumberGenerator.GetBytes(NkeyPair.SeedSize));

    private static string SeedOf(NkeyPair pair)
    {
        char[] text = new char[NkeyPair.SeedTextLength];
        pair.ExportSeed(text);
        return new string(text);
    }

    private static string Text(JsonNode answer, string name)
    {
        Assert.True(answer[name] is not null, answer.ToJsonString());
        return answer[name]!.GetValue<string>();
    }
}
