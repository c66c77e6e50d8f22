using System.Buffers;
using System.Runtime.CompilerServices;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Delivery;

/// <summary>What delivering needs beside a batch's context, and lives as long: the match cache and scratch space. Owned by the context's user.</summary>
internal sealed class DeliveryContext
{
    /// <summary>How many messages one message may cause, each by the delivery of the one before.</summary>
    public const int MaxDepth = 64;

    private readonly ArrayBufferWriter<byte> _mapped = new(256);
    private MatchCache? _mappedCache;
    private readonly DeliveryContext? _outer;
    private readonly int _depth;
    private DeliveryContext? _inner;

    private DeliveryContext(DeliveryContext? outer)
    {
        _outer = outer;
        _depth = outer is null ? 0 : outer._depth + 1;
        Current = this;
    }

    public MatchCache Cache { get; } = new();

    /// <summary>The same for subjects that clients publish in accounts with mappings, by the subject before mapping. Made when first needed.</summary>
    public MatchCache Mapped => _mappedCache ??= new MatchCache(mapsSubjects: true);

    /// <summary>The caches there are. Any thread.</summary>
    public IEnumerable<MatchCache> Caches => _mappedCache is { } mapped ? [Cache, mapped] : [Cache];

    /// <summary>For a message that is rewritten on its way.</summary>
    public MessageFrame Frame { get; } = new();

    /// <summary>
    /// For a message that is published while another is being delivered, as by a service import: the outer one's matches and frame stay untouched. Null
    /// at the greatest depth: such a message forms a cycle and is delivered to nobody.
    /// </summary>
    public DeliveryContext? Inner => _depth == MaxDepth ? null : _inner ??= new DeliveryContext(this);

    /// <summary>The context of the innermost message that is being delivered; set around the delivery of an inner message, and set back.</summary>
    public DeliveryContext Current { get; set; }

    /// <summary>For the search of a requester's own subscription to its reply.</summary>
    public SublistMatch<Subscription> ReplyMatch { get; } = new();

    /// <summary>For mappings and transforms; not for secrets.</summary>
    public Random Random { get; } = new();

    /// <summary>For a subject that a service import makes of another.</summary>
    public ArrayBufferWriter<byte> Subject { get; } = new(128);

    /// <summary>The subject that this context's message was matched by, when receivers see another one; else empty.</summary>
    public ArrayBufferWriter<byte> Target { get; } = new(128);

    /// <summary>For headers that a service import makes of others.</summary>
    public ArrayBufferWriter<byte> Headers { get; } = new(512);

    /// <summary>What carries this context's message from one account to another; default for a message that was published.</summary>
    public ServiceHop Hop { get; set; }

    /// <summary>Whether the message, or one of those that caused it, has passed an export already: it would go round in a circle.</summary>
    public bool HasPassed(Account exporter, ExportOptions export)
    {
        for (DeliveryContext? context = this; context is not null && context.Hop.Export is { } passed; context = context._outer)
        {
            if (ReferenceEquals(passed, export) && ReferenceEquals(context.Hop.Exporter, exporter)) return true;
        }

        return false;
    }

    /// <summary>The subject that decides where a message of this context goes on to.</summary>
    public ReadOnlySpan<byte> TargetOf(in InboundMessage message) => Target.WrittenCount > 0 ? Target.WrittenSpan : message.Subject;

    /// <summary>Begins the delivery of a message.</summary>
    /// <param name="target">By which it is matched.</param>
    /// <param name="subject">Which receivers see.</param>
    /// <returns>Whether they are not the same.</returns>
    public bool Aim(ReadOnlySpan<byte> target, ReadOnlySpan<byte> subject)
    {
        Target.ResetWrittenCount();
        if (target.SequenceEqual(subject)) return false;
        Target.Write(target);
        return true;
    }

    /// <summary>Maps a published subject.</summary>
    /// <param name="mappings">The account's mappings.</param>
    /// <param name="subject">What was published to.</param>
    /// <param name="mapped">The new subject, valid until the next call; empty when the mapping gives the message up, so that nobody receives it.</param>
    /// <returns>False when no mapping applies.</returns>
    public bool TryMap(SubjectMappings mappings, ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> mapped)
    {
        bool applies = TryMapHead(mappings, subject, out ReadOnlySpan<byte> head);
        mapped = head.IsEmpty ? default : head[InboundMessage.HeadPrefix.Length..^1];
        return applies;
    }

    /// <summary>The same, ready for <see cref="InboundMessage.WithHead"/>.</summary>
    public bool TryMapHead(SubjectMappings mappings, ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> head)
    {
        _mapped.ResetWrittenCount();
        _mapped.Write(InboundMessage.HeadPrefix);
        MappingResult result = mappings.Map(subject, cluster: null, Random, _mapped);
        _mapped.Write(" "u8);
        head = result == MappingResult.Mapped ? _mapped.WrittenSpan : default;
        return result != MappingResult.Unmapped;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DeliveryContext Of(LoopContext loop) => loop.Extension is { } extension ? Unsafe.As<DeliveryContext>(extension) : Create(loop);

    private static DeliveryContext Create(LoopContext loop)
    {
        var created = new DeliveryContext(outer: null);
        loop.Extension = created;
        return created;
    }
}
