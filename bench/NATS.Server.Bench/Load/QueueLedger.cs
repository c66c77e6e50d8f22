namespace NATS.Server.Bench.Load;

/// <summary>Which messages of the one publisher a queue group has received: each exactly once, by whichever member. Loop thread only.</summary>
internal sealed class QueueLedger(string group)
{
    // One bit per message, over a ring of this many messages: far more than can be outstanding.
    private const int RingMessages = 1 << 20;

    public string Group => group;

    private readonly ulong[] _ring = new ulong[RingMessages / 64];
    private long _firstWord;

    public long Received { get; private set; }

    public void Mark(long sequence)
    {
        var word = sequence >> 6;
        if (word < _firstWord)
        {
            throw new VerificationException($"group {group} received message {sequence} twice");
        }

        if (word - _firstWord >= _ring.Length)
        {
            throw new VerificationException($"group {group} received message {sequence} but misses one around {_firstWord << 6}");
        }

        ref var bits = ref _ring[word & (_ring.Length - 1)];
        var bit = 1UL << (int)(sequence & 63);
        if ((bits & bit) != 0)
        {
            throw new VerificationException($"group {group} received message {sequence} twice");
        }

        bits |= bit;
        Received++;
        while (_ring[_firstWord & (_ring.Length - 1)] == ulong.MaxValue)
        {
            _ring[_firstWord & (_ring.Length - 1)] = 0;
            _firstWord++;
        }
    }
}
