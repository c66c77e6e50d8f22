using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// One token's place in the trie of a <see cref="Sublist{T}"/>: a <see cref="SublistLeaf{T}"/> where subjects only end, a <see cref="SublistBranch{T}"/> where they
/// go on. Two kinds, because most nodes are leaves and a small one is one cache line less in a match. Not synchronised.
/// </summary>
internal abstract class SublistNode<T>(byte[]? longToken) where T : class
{
    /// <summary>The token where its key does not tell it; see <see cref="TokenKey.IsLong"/>.</summary>
    public byte[]? LongToken { get; } = longToken;

    /// <summary>The subscriptions whose subject ends here, or null.</summary>
    public SublistLeaf<T>? Subscriptions
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => this is SublistLeaf<T> leaf ? leaf : Unsafe.As<SublistBranch<T>>(this).Here;
    }
}
