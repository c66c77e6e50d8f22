using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>How much may wait to be stored, and what becomes of it without space.</content>
internal sealed partial class Stream
{
    private const long DropLogIntervalNs = 10_000_000_000;

    // What was published and is not as safe yet as is promised; the lock's.
    private int _waitingMessages;
    private long _waitingBytes;
    private long _lastDropLogNs = long.MinValue;
    private int _isDiskFull;

    /// <summary>Messages that were published and are not as safe yet as is promised. Any thread.</summary>
    public int WaitingMessages => Volatile.Read(ref _waitingMessages);

    // With the lock held. A message that is one too many is dropped, and who waits for its acknowledgement is told so, whatever the stream acknowledges.
    private bool TryReceive(in InboundMessage message)
    {
        long bytes = message.Subject.Length + message.Reply.Length + message.Headers.Length + message.Payload.Length;
        bool isTooMany = _services.MaxWaitingMessages > 0 && _waitingMessages >= _services.MaxWaitingMessages;
        if (isTooMany || (_services.MaxWaitingBytes > 0 && bytes > _services.MaxWaitingBytes - _waitingBytes))
        {
            Drop(message.Reply, isTooMany);
            return false;
        }

        _waitingMessages++;
        _waitingBytes += bytes;
        _published.NoteReceived(bytes);
        return true;
    }

    private void Drop(ReadOnlySpan<byte> reply, bool isTooMany)
    {
        if (_lastDropLogNs == long.MinValue || _publishNowNs - _lastDropLogNs >= DropLogIntervalNs)
        {
            _lastDropLogNs = _publishNowNs;
            Log.Dropping(_services.Log, Port.Name, Name, isTooMany ? "as many messages wait as may" : "as many bytes wait as may");
        }

        if (!reply.IsEmpty) _published.AddRefusal(reply, "NATS/1.0 429 Too Many Requests\r\n\r\n"u8, TextOf(ApiErrors.StreamTooManyRequests));
    }

    // With the lock held.
    private void Release(PublishedBatch published)
    {
        _waitingMessages -= published.Received;
        _waitingBytes -= published.ReceivedBytes;
    }

    private void NoteSpace(StoreResult result)
    {
        if (result == StoreResult.DiskFull)
        {
            if (Interlocked.Exchange(ref _isDiskFull, 1) == 0) _owner.FoundDiskFull(this);
        }
        else if (result == StoreResult.Ok && Volatile.Read(ref _isDiskFull) != 0)
        {
            Volatile.Write(ref _isDiskFull, 0);
        }
    }
}
