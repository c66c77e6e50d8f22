using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Delivery;

/// <summary>
/// What is known of the subjects published lately: who matches, and whether the publisher may. Direct-mapped: a subject has one place, the newest
/// owns it. Owned by one loop. An entry is valid while its account's subscriptions are unchanged; entries are filled in place, so that misses
/// allocate nothing in the steady state.
/// </summary>
/// <param name="mapsSubjects">Subjects are mapped by their account's mappings first; entries remember what came out.</param>
internal sealed class MatchCache(bool mapsSubjects = false)
{
    /// <summary>Entries; a power of two. One takes about 200 bytes and what its subject and matches need.</summary>
    public const int Size = 1 << SizeBits;
    private const int SizeBits = 12;

    /// <summary>Subjects longer than this are matched anew each time.</summary>
    public const int MaxSubjectLength = 512;

    private readonly MatchEntry?[] _entries = new MatchEntry?[Size];
    private readonly MatchEntry _uncached = new();

    // What is the same for all subjects of some prefix takes one entry for all of them. There are few, since each is looked at.
    private const int MaxShared = 4;
    private readonly MatchEntry?[] _shared = new MatchEntry?[MaxShared];
    private int _sharedCount;
    private int _nextShared;

    // Publishers repeat themselves: the subject of the last message is compared before anything is hashed.
    private MatchEntry? _last;

    // Statistics; read by any thread.
    public long Misses;
    public long MaxFanout;

    /// <summary>The matches of a literal subject. Valid until the next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MatchEntry Find(Account account, ReadOnlySpan<byte> subject)
    {
        if (_last is { } last && ReferenceEquals(last.Account, account) && last.Generation == account.Generation && last.Covers(subject))
        {
            last.Hits++;
            return last;
        }

        return FindShared(account, subject) ?? FindByHash(account, subject);
    }

    /// <summary>As <see cref="Find"/>, in an entry that is of this subject alone: it remembers who may publish.</summary>
    public MatchEntry FindOwn(Account account, ReadOnlySpan<byte> subject)
    {
        if (_last is not { IsShared: false } last || !ReferenceEquals(last.Account, account) || last.Generation != account.Generation || !last.Covers(subject))
        {
            return FindByHash(account, subject);
        }

        last.Hits++;
        return last;
    }

    /// <summary>The matches of a literal subject that will not come again. Valid until the next call.</summary>
    public MatchEntry FindOnce(Account account, ReadOnlySpan<byte> subject)
    {
        if (FindShared(account, subject) is { } shared) return shared;
        MatchEntry entry = FindUncached(account, subject);
        Share(account, subject, entry);
        return entry;
    }

    private MatchEntry? FindShared(Account account, ReadOnlySpan<byte> subject)
    {
        for (int i = 0; i < _sharedCount; i++)
        {
            MatchEntry entry = _shared[i]!;
            if (!ReferenceEquals(entry.Account, account) || entry.Generation != account.Generation || !entry.Covers(subject)) continue;
            entry.Hits++;
            entry.WasFound = true;
            _last = entry;
            return entry;
        }

        return null;
    }

    // In the place of one that is not valid any more, or was not found again for some time.
    private void Share(Account account, ReadOnlySpan<byte> subject, MatchEntry entry)
    {
        if (mapsSubjects || entry.Match.Shared.Length == 0 || subject.Length > MaxSubjectLength) return;
        int place = _nextShared++ % MaxShared;
        if (place < _sharedCount && _shared[place] is { WasFound: true } known && known.Generation == known.Account!.Generation)
        {
            known.WasFound = false;
            return;
        }

        MatchEntry shared = _shared[place] ??= new MatchEntry { IsShared = true };
        _sharedCount = Math.Max(_sharedCount, place + 1);
        shared.Fill(account, subject, 0, mapsSubject: false);
        shared.Shorten();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private MatchEntry FindByHash(Account account, ReadOnlySpan<byte> subject)
    {
        uint hash = Hash(subject);
        MatchEntry? entry = _entries[PlaceOf(hash)];
        if (entry is not null && entry.Hash == hash && ReferenceEquals(entry.Account, account) && entry.Generation == account.Generation
            && entry.Covers(subject))
        {
            entry.Hits++;
            _last = entry;
            return entry;
        }

        return Fill(account, subject, hash);
    }

    /// <summary>Matches without the cache.</summary>
    public MatchEntry FindUncached(Account account, ReadOnlySpan<byte> subject)
    {
        _uncached.Fill(account, subject, 0, mapsSubjects);
        return _uncached;
    }

    /// <summary>Counts what is cached at the moment. Any thread; approximate while the owner is at work.</summary>
    public void Survey(CacheSurvey survey)
    {
        foreach (MatchEntry?[] entries in (ReadOnlySpan<MatchEntry?[]>)[_entries, _shared])
        {
            foreach (MatchEntry? entry in entries)
            {
                if (entry?.Account is not { } owner) continue;
                survey.Count(owner, Volatile.Read(ref entry.Hits), entry.Generation == owner.Generation ? entry.Match.Fanout : -1);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private MatchEntry Fill(Account account, ReadOnlySpan<byte> subject, uint hash)
    {
        Misses++;
        MatchEntry entry = subject.Length > MaxSubjectLength ? _uncached : _entries[PlaceOf(hash)] ??= new MatchEntry();
        entry.Fill(account, subject, hash, mapsSubjects);
        int fanout = entry.Match.Fanout;
        if (fanout > MaxFanout) MaxFanout = fanout;
        Share(account, subject, entry);
        return entry;
    }

    // Its upper bits: the last byte of a subject, in which subjects often differ, reaches no others.
    private static uint PlaceOf(uint hash) => hash >> (32 - SizeBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(ReadOnlySpan<byte> subject)
    {
        const ulong multiplier = 0x9E3779B97F4A7C15;
        ref byte start = ref MemoryMarshal.GetReference(subject);
        int length = subject.Length;
        ulong hash = (ulong)length * multiplier;
        int i = 0;
        for (; i + 8 < length; i += 8)
        {
            hash = (hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i))) * multiplier;
            hash = BitOperations.RotateLeft(hash, 29);
        }

        // The last 1 to 8 bytes, by loads that overlap.
        ulong last;
        if (length >= 8) last = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, length - 8));
        else if (length >= 4) last = Unsafe.ReadUnaligned<uint>(ref start) | ((ulong)Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, length - 4)) << 32);
        else if (length > 0) last = start | ((ulong)Unsafe.Add(ref start, length >> 1) << 8) | ((ulong)Unsafe.Add(ref start, length - 1) << 16);
        else last = 0;
        hash = (hash ^ last) * multiplier;
        return (uint)(hash >> 32);
    }
}

/// <summary>What the mappings of an account do with a subject.</summary>
internal enum EntryMapping : byte
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>It always becomes the same other one.</summary>
    Fixed,

    /// <summary>It has to be mapped anew each time, and matched then.</summary>
    Varying,
}

/// <summary>One place of a <see cref="MatchCache"/>.</summary>
internal sealed class MatchEntry
{
    private ArrayBufferWriter<byte>? _head;
    private byte[] _subject = [];
    private int _subjectLength;
    private PermissionSet? _permissions;
    private bool _mayPublish;

    /// <summary>How often the entry was found since it was filled. Written by the owner, read by any thread.</summary>
    public long Hits;

    public uint Hash { get; private set; }

    public Account? Account { get; private set; }

    public int Generation { get; private set; }

    /// <summary>Who matches: the mapped subject when the mapping is fixed, nobody when it varies.</summary>
    public SublistMatch<Subscription> Match { get; } = new();

    public EntryMapping Mapping { get; private set; }

    /// <summary>For a fixed mapping, what <see cref="InboundMessage.WithHead"/> takes; empty otherwise.</summary>
    public ReadOnlySpan<byte> Head => Mapping == EntryMapping.Fixed ? _head!.WrittenSpan : default;

    private ReadOnlySpan<byte> MatchedSubject => Mapping == EntryMapping.Fixed ? Head[InboundMessage.HeadPrefix.Length..^1] : _subject.AsSpan(0, _subjectLength);

    /// <summary>It is of all subjects that start as its own does; else of its own alone.</summary>
    public bool IsShared { get; init; }

    /// <summary>It was found since this was last asked.</summary>
    public bool WasFound { get; set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Covers(ReadOnlySpan<byte> subject) =>
        IsShared
            ? Match.Shared.Covers(_subject.AsSpan(0, _subjectLength), subject)
            : _subjectLength == subject.Length && subject.SequenceEqual(_subject.AsSpan(0, _subjectLength));

    /// <summary>Keeps of the subject only what it shares with others: nothing, and then it covers none, when nothing is shared.</summary>
    public void Shorten()
    {
        WasFound = false;
        _subjectLength = Match.Shared.Length;
        if (_subjectLength == 0) Account = null;
    }

    public void Fill(Account account, ReadOnlySpan<byte> subject, uint hash, bool mapsSubject)
    {
        if (Hits > 0)
        {
            Account?.CountCacheHits(Hits);
            Hits = 0;
        }

        if (_subject.Length < subject.Length) _subject = new byte[(subject.Length + 15) & ~15];
        subject.CopyTo(_subject);
        _subjectLength = subject.Length;
        Hash = hash;
        Account = account;
        _permissions = null;

        // Read before matching: a change in between makes the entry stale, never wrongly fresh.
        Generation = account.Generation;
        Mapping = EntryMapping.None;
        if (mapsSubject && account.Mappings?.Find(subject) is { } mapping) FillMapped(account, mapping);
        else account.Match(subject, Match);
    }

    private void FillMapped(Account account, SubjectMapping mapping)
    {
        Match.Clear();
        Mapping = EntryMapping.Varying;
        if (!mapping.IsFixed(cluster: null)) return;
        Mapping = EntryMapping.Fixed;
        _head ??= new ArrayBufferWriter<byte>();
        _head.ResetWrittenCount();
        _head.Write(InboundMessage.HeadPrefix);
        mapping.Map(_subject.AsSpan(0, _subjectLength), cluster: null, Random.Shared, _head);
        _head.Write(" "u8);
        account.Match(MatchedSubject, Match);
    }

    /// <summary>Whether these permissions allow publishing to a subject that it covers, as it is matched; an entry of one subject remembers the verdict of the last asked set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayPublish(PermissionSet permissions, ReadOnlySpan<byte> subject)
    {
        if (IsShared) return permissions.MayPublish(subject);
        if (!ReferenceEquals(_permissions, permissions))
        {
            _mayPublish = permissions.MayPublish(MatchedSubject);
            _permissions = permissions;
        }

        return _mayPublish;
    }
}
