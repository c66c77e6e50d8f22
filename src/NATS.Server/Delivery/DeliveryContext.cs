using System.Runtime.CompilerServices;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Delivery;

/// <summary>What delivering needs beside a batch's context, and lives as long: the match cache and scratch space. Owned by the context's user.</summary>
internal sealed class DeliveryContext
{
    public MatchCache Cache { get; } = new();

    /// <summary>For the search of a requester's own subscription to its reply.</summary>
    public SublistMatch<Subscription> ReplyMatch { get; } = new();

#pragma warning disable CA1822
    public bool TryMap(SubjectMappings mappings, ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> mapped)
    {
        mapped = default;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DeliveryContext Of(LoopContext loop) => loop.Extension is { } extension ? Unsafe.As<DeliveryContext>(extension) : Create(loop);

    private static DeliveryContext Create(LoopContext loop)
    {
        var created = new DeliveryContext();
        loop.Extension = created;
        return created;
    }
}
