using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NATS.Server.Connections;

/// <summary>
/// What waits to be sent on one connection: a chain of pooled blocks. Thread-safe: any thread may append and flush; a spin lock is held for the
/// copy only, never during a system call. Whoever flushes first becomes the sender and goes on until nothing is left or the socket is full.
/// </summary>
internal sealed class OutboundBuffer
{
    private const int MaxShortHead = 32;
    private const int MaxShortSid = 16;

    /// <summary>Most blocks given to one system call.</summary>
    public const int MaxSegments = 16;

    /// <summary>Unsent bytes at which producers are paused, unless a share of <c>max_pending</c> is less.</summary>
    public const long StallPending = 1024 * 1024;

    /// <summary>Unsent bytes at which paused producers go on.</summary>
    public const long StallEndPending = StallPending / 4;

    private readonly Connection _connection;
    private readonly BlockPool _pool;
    private Block? _head;
    private Block? _tail;
    private long _pending;
    private long _sent;
    private int _locked;
    private bool _dirty;
    private bool _busy;
    private bool _closed;
    private bool _broken;
    private bool _prefersLarge;
    private long _blockedSinceMs;
    private long _blockedTarget;
    private long _blockedSentAtStart;
    private List<Connection>? _stalledProducers;
    private long _sentAtLastStall = -1;

    public OutboundBuffer(Connection connection, BlockPool pool)
    {
        _connection = connection;
        _pool = pool;
    }

    /// <summary>Messages delivered; changed under the lock.</summary>
    public long Messages;

    /// <summary>Payload bytes delivered; changed under the lock.</summary>
    public long PayloadBytes;

    /// <summary>UTC ticks of the last batch that delivered a message; 0 before.</summary>
    public long LastDeliveryTicks;

    /// <summary>Times a producer was paused for this connection; changed under the lock.</summary>
    public long Stalls;

    /// <summary>Nothing more can be appended. Stable once true; read under the lock for certainty.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Bytes appended and not yet sent.</summary>
    public long Pending => Volatile.Read(ref _pending);

    /// <summary>Bytes sent since the connection was made.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Since when the peer takes nothing, on the engine's clock; 0 while it does. Any thread.</summary>
    public long BlockedSinceMs => Volatile.Read(ref _blockedSinceMs);

    public Connection Connection => _connection;

    /// <summary>Asks the caches for where the next bytes go. Any thread, without the lock: a stale answer costs nothing.</summary>
    public void Prefetch()
    {
        if (_tail is { } tail) MemoryPrefetch.Bytes(tail.Bytes, tail.End);
    }

    /// <summary>Takes the lock. Must be followed by <see cref="Exit"/> without anything unknown in between.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (Interlocked.CompareExchange(ref _locked, 1, 0) != 0) EnterSlowly();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit() => Volatile.Write(ref _locked, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterSlowly()
    {
        var spinner = default(SpinWait);
        do
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
        while (Volatile.Read(ref _locked) != 0 || Interlocked.CompareExchange(ref _locked, 1, 0) != 0);
    }

    /// <summary>
    /// Appends a delivery: the frame with the sid put in after its head. Lock held. Short parts, which most are, are copied with one or two vector
    /// stores that may write beyond them into free room; what comes next overwrites that.
    /// </summary>
    /// <param name="frame">A canonical frame, turned into a delivery.</param>
    /// <param name="headLength">Bytes of the frame before the sid.</param>
    /// <param name="sid">The sid and a blank, readable for 16 bytes beyond its end.</param>
    /// <param name="sidLength">Bytes of sid and blank.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteDeliveryLocked(ReadOnlySpan<byte> frame, int headLength, ref byte sid, int sidLength)
    {
        int total = frame.Length + sidLength;
        Block? tail = _tail;
        if (tail is null || tail.Free < total + MaxShortHead || headLength > MaxShortHead || sidLength > MaxShortSid || frame.Length < MaxShortHead)
        {
            WriteAcrossBlocks(frame[..headLength], MemoryMarshal.CreateReadOnlySpan(ref sid, sidLength), frame[headLength..], total);
            return;
        }

        ref byte target = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(tail.Bytes), tail.End);
        ref byte source = ref MemoryMarshal.GetReference(frame);
        Vector256.LoadUnsafe(ref source).StoreUnsafe(ref target);
        target = ref Unsafe.Add(ref target, headLength);
        Vector128.LoadUnsafe(ref sid).StoreUnsafe(ref target);
        target = ref Unsafe.Add(ref target, sidLength);
        CopyRest(ref target, ref Unsafe.Add(ref source, headLength), frame.Length - headLength);
        tail.End += total;
        _pending += total;
    }

    /// <summary>16 to 64 bytes by two loads that may overlap, anything else by the general copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRest(ref byte target, ref byte source, int length)
    {
        if (length is >= 16 and <= 32)
        {
            Vector128<byte> first = Vector128.LoadUnsafe(ref source);
            Vector128<byte> last = Vector128.LoadUnsafe(ref source, (nuint)(length - 16));
            first.StoreUnsafe(ref target);
            last.StoreUnsafe(ref target, (nuint)(length - 16));
        }
        else if (length is > 32 and <= 64)
        {
            Vector256<byte> first = Vector256.LoadUnsafe(ref source);
            Vector256<byte> last = Vector256.LoadUnsafe(ref source, (nuint)(length - 32));
            first.StoreUnsafe(ref target);
            last.StoreUnsafe(ref target, (nuint)(length - 32));
        }
        else
        {
            Unsafe.CopyBlockUnaligned(ref target, ref source, (uint)length);
        }
    }

    /// <summary>Appends one delivery whose head is elsewhere than its tail. Lock held.</summary>
    /// <param name="head">From the verb to the blank after the subject.</param>
    /// <param name="sidAndSpace">The sid and a blank.</param>
    /// <param name="tail">What follows.</param>
    public void WriteDeliveryLocked(ReadOnlySpan<byte> head, ReadOnlySpan<byte> sidAndSpace, ReadOnlySpan<byte> tail)
    {
        int total = head.Length + sidAndSpace.Length + tail.Length;
        Block? block = _tail;
        if (block is null || block.Free < total)
        {
            WriteAcrossBlocks(head, sidAndSpace, tail, total);
            return;
        }

        Span<byte> target = block.Bytes.AsSpan(block.End, total);
        head.CopyTo(target);
        sidAndSpace.CopyTo(target[head.Length..]);
        tail.CopyTo(target[(head.Length + sidAndSpace.Length)..]);
        block.End += total;
        _pending += total;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteAcrossBlocks(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, int total)
    {
        WriteLocked(first, total);
        WriteLocked(second, second.Length + third.Length);
        WriteLocked(third, third.Length);
    }

    /// <summary>Appends one span. Lock held.</summary>
    /// <param name="bytes">What to append.</param>
    /// <param name="expected">How much is going to follow in all, to choose the size of a new block.</param>
    public void WriteLocked(ReadOnlySpan<byte> bytes, int expected = 0)
    {
        _pending += bytes.Length;
        while (!bytes.IsEmpty)
        {
            Block? tail = _tail;
            if (tail is null || tail.Free == 0)
            {
                // The first block of a quiet connection is small; what does not fit into it shows that it is not quiet.
                bool large = tail is not null || _prefersLarge || expected > BlockPool.SmallSize;
                if (tail is not null) _prefersLarge = true;
                Block block = _pool.Rent(large);
                if (tail is null) _head = block;
                else tail.Next = block;
                _tail = tail = block;
            }

            int count = Math.Min(tail.Free, bytes.Length);
            bytes[..count].CopyTo(tail.Bytes.AsSpan(tail.End));
            tail.End += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Lock held. True when the caller must see to it that this buffer is flushed: nobody else has promised to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MarkDirtyLocked()
    {
        if (_dirty) return false;
        _dirty = true;
        return true;
    }

    /// <summary>Appends protocol bytes and remembers the buffer for the flush at the end of the batch. False when the connection is closed.</summary>
    public bool Append(LoopContext loop, ReadOnlySpan<byte> bytes)
    {
        Enter();
        if (_closed)
        {
            Exit();
            return false;
        }

        WriteLocked(bytes, bytes.Length);
        bool dirty = MarkDirtyLocked();
        Exit();
        if (dirty) loop.AddDirty(this);
        loop.Staged += bytes.Length;
        return true;
    }

    /// <summary>Appends protocol bytes and sends at once: for threads that have no batch.</summary>
    public void AppendAndFlush(ReadOnlySpan<byte> bytes)
    {
        Enter();
        bool closed = _closed;
        if (!closed) WriteLocked(bytes, bytes.Length);
        Exit();
        if (!closed) Flush();
    }

    /// <summary>Sends what is pending unless another thread is at it or the socket is full. Any thread.</summary>
    public void Flush()
    {
        Enter();
        _dirty = false;
        if (_busy || _broken || _head is null)
        {
            Exit();
            return;
        }

        _busy = true;
        Exit();
        SendUntilBlocked();
    }

    /// <summary>The socket takes bytes again, or an asynchronous send ended: the caller is the sender.</summary>
    /// <param name="sent">Bytes that an asynchronous send got rid of.</param>
    public void ContinueSending(int sent)
    {
        if (Advance(sent)) SendUntilBlocked();
    }

    private void SendUntilBlocked()
    {
        SegmentArray segments = default;
        while (true)
        {
            Enter();
            int count = 0;
            for (Block? block = _head; block is not null && count < MaxSegments; block = block.Next)
            {
                segments[count++] = new ArraySegment<byte>(block.Bytes, block.Start, block.End - block.Start);
            }

            if (count == 0)
            {
                _busy = false;
                _blockedSinceMs = 0;
                Exit();
                _connection.OnSenderIdle();
                return;
            }

            Exit();
            int sent = _connection.TrySend(((Span<ArraySegment<byte>>)segments)[..count]);
            if (sent < 0)
            {
                SenderStopped(sent);
                return;
            }

            if (!Advance(sent)) return;
        }
    }

    private void SenderStopped(int result)
    {
        switch (result)
        {
            case Connection.SendPending:
                NoteBlocked();
                return;
            case Connection.SendBlocked:
                NoteBlocked();
                _connection.WaitWritable();
                return;
            default:
                SenderFailed();
                return;
        }
    }

    /// <summary>The sender found the connection broken.</summary>
    public void SenderFailed()
    {
        CloseDetail? failure = _connection.LastFailure;
        Enter();
        _busy = false;
        _broken = true;
        _closed = true;
        Exit();
        _connection.Close(ClosedState.WriteError, failure);
        _connection.OnSenderIdle();
    }

    /// <summary>The deadline covers all that was pending when the socket filled up; only when that has been sent, a new one begins.</summary>
    private void NoteBlocked()
    {
        long now = _connection.NowMs;
        Enter();
        if (_blockedSinceMs == 0 && _busy && _pending > 0)
        {
            _blockedSinceMs = Math.Max(1, now);
            _blockedTarget = _sent + _pending;
            _blockedSentAtStart = _sent;
        }

        Exit();
    }

    /// <summary>Takes sent bytes off the queue and returns their blocks. False when nothing is left and the caller is no longer the sender.</summary>
    private bool Advance(int sent)
    {
        Block? free = null;
        List<Connection>? caughtUp = null;
        Enter();
        _sent += sent;
        _pending -= sent;
        if (_blockedSinceMs != 0 && _sent >= _blockedTarget) _blockedSinceMs = 0;
        while (sent > 0 && _head is { } block)
        {
            int length = Math.Min(sent, block.End - block.Start);
            block.Start += length;
            sent -= length;
            if (block.Start < block.End) break;
            _head = block.Next;
            if (_head is null) _tail = null;
            block.Next = free;
            free = block;
        }

        bool more = _head is not null;
        if (!more)
        {
            _busy = false;
            _blockedSinceMs = 0;
            if (_prefersLarge && free is not null && free.Bytes.Length == BlockPool.LargeSize && free.End < BlockPool.SmallSize / 2) _prefersLarge = false;
        }

        if (_stalledProducers is not null && _pending <= StallEndPending)
        {
            caughtUp = _stalledProducers;
            _stalledProducers = null;
        }

        Exit();
        if (caughtUp is not null)
        {
            foreach (Connection producer in caughtUp) producer.EndStall();
        }

        while (free is not null)
        {
            Block block = free;
            free = block.Next;
            block.Next = null;
            _pool.Return(block);
        }

        if (!more) _connection.OnSenderIdle();
        return more;
    }

    /// <summary>
    /// Has a producer told (<see cref="Connection.EndStall"/>) when most of what is pending has been sent. False when there is nothing to wait
    /// for: little is pending, or nothing at all was sent since the last producer waited, so that a peer that does not read brakes nobody twice.
    /// </summary>
    public bool AddStalledProducer(Connection producer)
    {
        Enter();
        bool worthWaiting = !_closed && _busy && _pending > StallEndPending && _sent != _sentAtLastStall;
        if (worthWaiting)
        {
            _sentAtLastStall = _sent;
            Stalls++;
            (_stalledProducers ??= []).Add(producer);
        }

        Exit();
        return worthWaiting;
    }

    /// <summary>No more appends. What is pending may still be sent.</summary>
    public void Close()
    {
        Enter();
        _closed = true;
        Exit();
    }

    /// <summary>Whether a thread is sending or the socket is full.</summary>
    public bool IsBusy
    {
        get
        {
            Enter();
            bool busy = _busy;
            Exit();
            return busy;
        }
    }

    /// <summary>
    /// Ends sending for good: nobody becomes the sender any more, so that the descriptor may be closed and the blocks given back. False while somebody
    /// is sending; <see cref="Connection.OnSenderIdle"/> follows.
    /// </summary>
    public bool TryRetire()
    {
        Enter();
        bool idle = !_busy;
        if (idle) _broken = true;
        Exit();
        return idle;
    }

    /// <summary>Gives all blocks back. Only when retired, or when the sender waits for a socket that will never take bytes again.</summary>
    public void Release()
    {
        List<Connection>? stalled;
        Enter();
        _closed = true;
        _broken = true;
        Block? block = _head;
        _head = null;
        _tail = null;
        _pending = 0;
        stalled = _stalledProducers;
        _stalledProducers = null;
        Exit();
        if (stalled is not null)
        {
            foreach (Connection producer in stalled) producer.EndStall();
        }

        while (block is not null)
        {
            Block? next = block.Next;
            block.Next = null;
            _pool.Return(block);
            block = next;
        }
    }

    /// <summary>Whether the bytes that were pending when the socket filled up are still not all sent after the deadline.</summary>
    /// <param name="nowMs">Now, on the engine's clock.</param>
    /// <param name="deadlineMs">Allowed time.</param>
    /// <param name="attempted">Bytes that should have been sent.</param>
    /// <param name="anySent">Whether some of them were.</param>
    public bool MissedDeadline(long nowMs, long deadlineMs, out long attempted, out bool anySent)
    {
        attempted = 0;
        anySent = false;
        if (Volatile.Read(ref _blockedSinceMs) == 0) return false;
        Enter();
        bool missed = _blockedSinceMs != 0 && nowMs - _blockedSinceMs >= deadlineMs;
        if (missed)
        {
            attempted = _blockedTarget - _blockedSentAtStart;
            anySent = _sent > _blockedSentAtStart;
            _blockedSinceMs = Math.Max(1, nowMs);
            _blockedSentAtStart = _sent;
            _blockedTarget = _sent + _pending;
        }

        Exit();
        return missed;
    }

    [InlineArray(MaxSegments)]
    private struct SegmentArray
    {
        private ArraySegment<byte> _first;
    }
}
