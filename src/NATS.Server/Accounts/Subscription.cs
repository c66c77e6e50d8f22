using System.Runtime.InteropServices;

namespace NATS.Server.Accounts;

/// <summary>
/// One subscription of a connection. Immutable but for its counters, which are changed under the lock of its owner's outbound buffer.
/// </summary>
internal class Subscription(Subscriber owner, byte[] subject, byte[]? queue, byte[] sid)
{
    public const int SidPadding = 16;

    // Padded, so that a short sid is copied with one vector load whatever its length.
    private readonly byte[] _sidAndSpace = [.. sid, (byte)' ', .. new byte[SidPadding]];
    private readonly int _sidLength = sid.Length + 1;

    public Subscriber Owner { get; } = owner;

    public byte[] Subject { get; } = subject;

    /// <summary>The queue group, or null.</summary>
    public byte[]? Queue { get; } = queue;

    public ReadOnlySpan<byte> Sid => _sidAndSpace.AsSpan(0, _sidLength - 1);

    /// <summary>The sid as it stands in a delivery, with the blank that follows it.</summary>
    public ReadOnlySpan<byte> SidAndSpace => _sidAndSpace.AsSpan(0, _sidLength);

    /// <summary>The same, followed by <see cref="SidPadding"/> bytes that may be read.</summary>
    public ref byte PaddedSid => ref MemoryMarshal.GetArrayDataReference(_sidAndSpace);

    public int SidAndSpaceLength => _sidLength;

    /// <summary>Whether the owner's permissions deny a part of what the subject matches, so that every message has to be asked for.</summary>
    public bool IsFiltered { get; set; }

    /// <summary>Whether it also receives the streams that its account imports. Service imports and the JetStream API do not: streams are no requests.</summary>
    public bool ReceivesStreams { get; init; } = true;

    /// <summary>What stands for it in accounts whose streams its account imports. Belongs to <see cref="ImportedStreams"/>.</summary>
    internal ShadowSubscription[] Shadows { get; set; } = [];

    /// <summary>Messages delivered.</summary>
    public long Delivered;

    /// <summary>Deliveries after which the subscription ends; 0 is never.</summary>
    public long Max;

    /// <summary>No more deliveries: unsubscribed, or its connection is gone.</summary>
    public volatile bool IsClosed;
}
