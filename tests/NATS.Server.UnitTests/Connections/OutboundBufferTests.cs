using System.Text;
using NATS.Server.Connections;
using Xunit;

namespace NATS.Server.UnitTests.Connections;

/// <summary>What is appended to a connection is sent once, in order, and completely, whoever appends and however little the socket takes.</summary>
public sealed class OutboundBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(int.MaxValue)]
    public void A_socket_that_takes_little_gets_everything_in_order(int mostAtOnce)
    {
        var connection = new ScriptedConnection { MostAtOnce = mostAtOnce };
        var expected = new StringBuilder();
        for (int i = 0; i < 5000; i++)
        {
            string piece = $"{i}:{new string('x', i % 97)}\n";
            expected.Append(piece);
            connection.Outbound.AppendAndFlush(Encoding.ASCII.GetBytes(piece));
        }

        Assert.Equal(expected.ToString(), connection.SentText);
        Assert.Equal(0, connection.Outbound.Pending);
        Assert.Equal(expected.Length, connection.Outbound.Sent);
        Assert.False(connection.Outbound.IsBusy);
    }

    [Fact]
    public void A_full_socket_keeps_bytes_until_it_takes_them_again()
    {
        var connection = new ScriptedConnection { Room = 10 };
        connection.Outbound.AppendAndFlush("0123456789abcdef"u8);
        Assert.Equal("0123456789", connection.SentText);
        Assert.True(connection.Outbound.IsBusy);
        Assert.Equal(1, connection.Waits);
        connection.Outbound.AppendAndFlush("ghi"u8);
        Assert.Equal(9, connection.Outbound.Pending);
        connection.Room = 3;
        connection.Outbound.ContinueSending(0);
        Assert.Equal("0123456789abc", connection.SentText);
        connection.Room = int.MaxValue;
        connection.Outbound.ContinueSending(0);
        Assert.Equal("0123456789abcdefghi", connection.SentText);
        Assert.False(connection.Outbound.IsBusy);
        Assert.True(connection.Idles > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Several_appenders_lose_nothing_and_keep_their_order(int seed)
    {
        const int appenders = 4;
        const int messages = 20_000;
        var connection = new ScriptedConnection { Random = new Random(seed), MostAtOnce = 3000, Room = 0 };
        using var finished = new CancellationTokenSource();

        // The socket: gives room in bursts, and continues whenever the buffer waits for it.
        Task socket = Task.Factory.StartNew(
            () =>
            {
                var random = new Random(seed + 1);
                while (!finished.IsCancellationRequested || connection.Outbound.Pending > 0)
                {
                    connection.AddRoom(random.Next(1, 20_000));
                    if (connection.TakeWait()) connection.Outbound.ContinueSending(0);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await Task.WhenAll(Enumerable.Range(0, appenders).Select(id => Task.Factory.StartNew(
            () =>
            {
                var loop = new LoopContext(id + 1);
                for (int i = 0; i < messages; i++)
                {
                    byte[] line = Encoding.ASCII.GetBytes($"{id}:{i}:{new string((char)('a' + id), (i * 31) % 200)}\n");
                    if (i % 5 == 0) connection.Outbound.AppendAndFlush(line);
                    else Assert.True(connection.Outbound.Append(loop, line));
                    if (i % 11 == 0) loop.FlushAll();
                }

                loop.FlushAll();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        await finished.CancelAsync();
        await socket;
        int[] next = new int[appenders];
        foreach (string line in connection.SentText.TrimEnd('\n').Split('\n'))
        {
            string[] parts = line.Split(':');
            int id = parts[0][0] - '0';
            Assert.Equal($"{id}:{next[id]}:{new string((char)('a' + id), (next[id] * 31) % 200)}", line);
            next[id]++;
        }

        Assert.All(next, static count => Assert.Equal(messages, count));
        Assert.Equal(connection.SentText.Length, connection.Outbound.Sent);
        Assert.False(connection.SentByTwo);
    }

    [Fact]
    public void Nothing_is_appended_after_the_close_and_what_is_pending_is_sent()
    {
        var connection = new ScriptedConnection { Room = 0 };
        var loop = new LoopContext(1);
        connection.Outbound.AppendAndFlush("-ERR 'bye'\r\n"u8);
        connection.Close(ClosedState.ParseError);
        connection.Outbound.AppendAndFlush("late"u8);
        Assert.False(connection.Outbound.Append(loop, "later"u8));
        Assert.True(connection.Outbound.IsClosed);
        connection.Room = int.MaxValue;
        connection.Outbound.ContinueSending(0);
        Assert.Equal("-ERR 'bye'\r\n", connection.SentText);
    }

    [Fact]
    public void A_broken_socket_closes_the_connection_and_is_not_tried_again()
    {
        var connection = new ScriptedConnection { Fails = true };
        connection.Outbound.AppendAndFlush("lost"u8);
        Assert.Equal(ClosedState.WriteError, connection.ClosedState);
        Assert.Equal(1, connection.Attempts);
        Assert.Equal(1, connection.Idles);
        connection.Outbound.Flush();
        Assert.Equal(1, connection.Attempts);
        connection.Outbound.Release();
        Assert.Equal(0, connection.Outbound.Pending);
    }

    [Fact]
    public void A_retired_buffer_has_no_sender_any_more()
    {
        var connection = new ScriptedConnection { Room = 2 };
        connection.Outbound.AppendAndFlush("abc"u8);
        Assert.False(connection.Outbound.TryRetire());
        connection.Room = int.MaxValue;
        connection.Outbound.ContinueSending(0);
        var loop = new LoopContext(1);
        Assert.True(connection.Outbound.Append(loop, "pending"u8));
        Assert.True(connection.Outbound.TryRetire());
        loop.FlushAll();
        Assert.Equal("abc", connection.SentText);
    }

    [Fact]
    public void The_write_deadline_covers_what_was_pending_when_the_socket_filled_up()
    {
        const long deadline = 100;
        var connection = new ScriptedConnection { Room = 4, Now = 1000 };
        connection.Outbound.AppendAndFlush("0123456789"u8);
        Assert.False(connection.Outbound.MissedDeadline(1099, deadline, out _, out _));

        // What comes later does not prolong it, and what was sent in the meantime does not either.
        connection.Now = 1050;
        connection.Outbound.AppendAndFlush("abc"u8);
        connection.Room = 2;
        connection.Outbound.ContinueSending(0);
        Assert.True(connection.Outbound.MissedDeadline(1100, deadline, out long attempted, out bool anySent));
        Assert.Equal((6L, true), (attempted, anySent));

        // When all of it was sent, a new deadline begins for the rest.
        connection.Now = 1120;
        connection.Room = 8;
        connection.Outbound.ContinueSending(0);
        connection.Outbound.AppendAndFlush("xyz"u8);
        connection.Outbound.ContinueSending(0);
        Assert.False(connection.Outbound.MissedDeadline(1219, deadline, out _, out _));
        Assert.True(connection.Outbound.MissedDeadline(1300, deadline, out _, out anySent));
        Assert.False(anySent);
        connection.Room = int.MaxValue;
        connection.Outbound.ContinueSending(0);
        Assert.False(connection.Outbound.MissedDeadline(99_999, deadline, out _, out _));
    }

    [Fact]
    public void A_stalled_producer_goes_on_when_the_target_has_caught_up_or_ended()
    {
        const int pending = (int)OutboundBuffer.StallPending + 1000;
        var target = new ScriptedConnection { Room = 1 };
        var producer = new ScriptedConnection();
        target.Outbound.AppendAndFlush(new byte[pending]);
        Assert.True(target.Outbound.AddStalledProducer(producer));
        Assert.False(target.Outbound.AddStalledProducer(producer));
        target.Room = pending - (int)OutboundBuffer.StallEndPending - 2;
        target.Outbound.ContinueSending(0);
        Assert.Equal(0, producer.StallsEnded);
        target.Room = 1;
        target.Outbound.ContinueSending(0);
        Assert.Equal(1, producer.StallsEnded);
        target.Outbound.AppendAndFlush(new byte[pending]);
        Assert.True(target.Outbound.AddStalledProducer(producer));
        target.Close(ClosedState.ClientClosed);
        target.Outbound.Release();
        Assert.Equal(2, producer.StallsEnded);
    }

    /// <summary>A socket that takes what a test lets it take.</summary>
    private sealed class ScriptedConnection() : Connection(new BlockPool())
    {
        private readonly Lock _gate = new();
        private readonly MemoryStream _sent = new();
        private int _room = int.MaxValue;
        private int _senders;
        private int _waiting;

        public int MostAtOnce { get; init; } = int.MaxValue;

        public Random? Random { get; init; }

        public bool Fails { get; init; }

        public long Now { get; set; } = 1;

        public int Waits { get; private set; }

        public int Idles { get; private set; }

        public int Attempts { get; private set; }

        public int StallsEnded { get; private set; }

        public bool SentByTwo { get; private set; }

        public int Room
        {
            set
            {
                lock (_gate) _room = value;
            }
        }

        public string SentText => Encoding.ASCII.GetString(_sent.ToArray());

        public override long NowMs => Now;

        public void AddRoom(int more)
        {
            lock (_gate) _room = Math.Min(100_000, _room + more);
        }

        public bool TakeWait() => Interlocked.Exchange(ref _waiting, 0) != 0;

        public override int TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
        {
            if (Interlocked.Increment(ref _senders) != 1) SentByTwo = true;
            Attempts++;
            int result = Fails ? SendFailed : Take(segments);
            Interlocked.Decrement(ref _senders);
            return result;
        }

        private int Take(ReadOnlySpan<ArraySegment<byte>> segments)
        {
            int limit;
            lock (_gate) limit = Math.Min(_room, Random is null ? MostAtOnce : Random.Next(1, MostAtOnce));
            if (limit == 0) return SendBlocked;
            int taken = 0;
            foreach (ArraySegment<byte> segment in segments)
            {
                int count = Math.Min(segment.Count, limit - taken);
                _sent.Write(segment.Array!, segment.Offset, count);
                taken += count;
            }

            lock (_gate)
            {
                if (_room != int.MaxValue) _room -= taken;
            }

            return taken;
        }

        public override void WaitWritable()
        {
            Waits++;
            Volatile.Write(ref _waiting, 1);
        }

        public override void OnSenderIdle() => Idles++;

        public override void PauseReading()
        {
        }

        public override void ResumeReading()
        {
        }

        public override bool StallFor(OutboundBuffer target, int milliseconds) => false;

        public override void EndStall() => StallsEnded++;

        public override void Abandon()
        {
        }

        protected override void ScheduleClose()
        {
        }
    }
}
