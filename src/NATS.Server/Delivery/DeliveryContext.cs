using System.Buffers;
using System.Runtime.CompilerServices;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Delivery;

/// <summary>What delivering needs beside a batch's context, and lives as long: the match cache and scratch space. Owned by the context's user.</summary>
internal sealed class DeliveryContext
{
    /// <summary>How many messages one message may cause, each by the delivery of the one before.</summary>
    public const int MaxDepth = 64;

    private readonly ArrayBufferWriter<byte> _mapped = new(256);
    private readonly Random _random = new();
    private readonly int _depth;
    private DeliveryContext? _inner;

    private DeliveryContext(int depth)
    {
        _depth = depth;
        Current = this;
    }

    public MatchCache Cache { get; } = new();

    /// <summary>For a message that is rewritten on its way.</summary>
    public MessageFrame Frame { get; } = new();

    /// <summary>
    /// For a message that is published while another is being delivered, as by a service import: the outer one's matches and frame stay untouched. Null
    /// at the greatest depth: such a message forms a cycle and is delivered to nobody.
    /// </summary>
    public DeliveryContext? Inner => _depth == MaxDepth ? null : _inner ??= new DeliveryContext(_depth + 1);

    /// <summary>The context of the innermost message that is being delivered; set around the delivery of an inner message, and set back.</summary>
    public DeliveryContext Current { get; set; }

    /// <summary>For the search of a requester's own subscription to its reply.</summary>
    public SublistMatch<Subscription> ReplyMatch { get; } = new();

    /// <summary>Maps a published subject.</summary>
    /// <param name="mappings">The account's mappings.</param>
    /// <param name="subject">What was published to.</param>
    /// <param name="mapped">The new subject, valid until the next call; empty when the mapping gives the message up, so that nobody receives it.</param>
    /// <returns>False when no mapping applies.</returns>
    public bool TryMap(SubjectMappings mappings, ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> mapped)
    {
        _mapped.ResetWrittenCount();
        MappingResult result = mappings.Map(subject, cluster: null, _random, _mapped);
        mapped = _mapped.WrittenSpan;
        return result != MappingResult.Unmapped;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DeliveryContext Of(LoopContext loop) => loop.Extension is { } extension ? Unsafe.As<DeliveryContext>(extension) : Create(loop);

    private static DeliveryContext Create(LoopContext loop)
    {
        var created = new DeliveryContext(depth: 0);
        loop.Extension = created;
        return created;
    }
}
