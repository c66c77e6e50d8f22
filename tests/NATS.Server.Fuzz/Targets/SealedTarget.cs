using NATS.Server.Core.Security;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Sealed messages between two fixed keys, and keys of senders: what is opened is sealed again to the same bytes.</summary>
internal sealed class SealedTarget : IFuzzTarget
{
    private readonly NkeyPair _sender = NkeyPair.Create(NkeyRole.Curve, [8, .. new byte[31]]);
    private readonly NkeyPair _recipient = NkeyPair.Create(NkeyRole.Curve, [16, .. new byte[31]]);

    public string Name => "sealed";

    public long BaseAllocation => 16 * 1024;

    public int AllocationPerByte => 8;

    public string? Run(byte[] input, Random random)
    {
        if (_recipient.TryOpen(input, _sender.PublicKey, out byte[]? message))
        {
            ReadOnlySpan<byte> nonce = input.AsSpan(4, NkeyPair.NonceSize);
            if (!_sender.TrySeal(message, _recipient.PublicKey, nonce, out byte[]? again) || !again.AsSpan().SequenceEqual(input)) return "sealing again gave something else";
            if (_sender.TryOpen(input, _sender.PublicKey, out _)) return "the wrong recipient opened it";
        }

        // The end of the input as the key of somebody else, from whom nothing of this is.
        if (input.Length < Nkey.Size) return null;
        Nkey other = new(NkeyRole.Curve, input.AsSpan(input.Length - Nkey.Size));
        return other != _sender.PublicKey && _recipient.TryOpen(input, other, out _) ? "it was opened as somebody else's" : null;
    }
}
