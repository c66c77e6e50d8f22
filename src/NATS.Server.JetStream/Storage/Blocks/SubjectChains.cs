namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>
/// Owned by a block's content. Chains the messages whose subjects have the same hash, from the newest to the oldest, at eight bytes a message. Messages that
/// are dead are taken out when a walk comes past them.
/// </summary>
internal sealed class SubjectChains
{
    /// <summary>The end of a chain.</summary>
    public const int End = -1;

    private const int FirstCapacity = 16;

    private int[] _heads = [];
    private int[] _older;
    private readonly BlockContent _content;

    public SubjectChains(BlockContent content)
    {
        _content = content;
        _older = new int[Math.Max(content.Records.Count, FirstCapacity)];
        Rehash();
    }

    /// <summary>Bytes that it holds, about.</summary>
    public long MemoryBytes => sizeof(int) * ((long)_heads.Length + _older.Length);

    /// <summary>The newest message that may be of a subject, or <see cref="End"/>.</summary>
    public int Newest(ReadOnlySpan<byte> subject)
    {
        ref int head = ref _heads[BucketOf(subject)];
        return Living(ref head);
    }

    /// <summary>The next older one in the chain of a message.</summary>
    public int Older(int ordinal) => Living(ref _older[ordinal]);

    /// <summary>Adds the last message of the table.</summary>
    public void Add(int ordinal)
    {
        if (ordinal == _older.Length)
        {
            Array.Resize(ref _older, _older.Length * 2);
            Rehash();
            return;
        }

        Link(ordinal);
    }

    private static int BucketsFor(int capacity) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity);

    private int Living(ref int link)
    {
        int ordinal = link;
        if (ordinal == End || !_content.Records.IsDead(ordinal)) return ordinal;
        do
        {
            ordinal = _older[ordinal];
        }
        while (ordinal != End && _content.Records.IsDead(ordinal));
        return link = ordinal;
    }

    private void Link(int ordinal)
    {
        ref int head = ref _heads[BucketOf(_content.SubjectAt(ordinal))];
        _older[ordinal] = head;
        head = ordinal;
    }

    private void Rehash()
    {
        _heads = new int[BucketsFor(_older.Length)];
        Array.Fill(_heads, End);
        for (int i = 0; i < _content.Records.Count; i++)
        {
            if (!_content.Records.IsDead(i)) Link(i);
        }
    }

    private int BucketOf(ReadOnlySpan<byte> subject)
    {
        var hash = default(HashCode);
        hash.AddBytes(subject);
        return hash.ToHashCode() & (_heads.Length - 1);
    }
}
