using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Sources;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Streams.Sources;

namespace NATS.Server.JetStream.Streams;

/// <content>Other streams, of which this one is a mirror or which are its sources.</content>
internal sealed partial class Stream
{
    private readonly Lock _originsLock = new();
    private MirrorOrigin? _mirror;
    private List<SourceOrigin> _sources = [];
    private bool _isFollowing;

    /// <summary>How the mirror gets on; null when the stream is none. Any thread.</summary>
    public StreamSourceInfo? DescribeMirror(long nowNs)
    {
        lock (_originsLock) return _mirror?.Describe(nowNs);
    }

    /// <summary>How the sources get on, in the order of the configuration. Any thread.</summary>
    public IReadOnlyList<StreamSourceInfo> DescribeSources(long nowNs)
    {
        lock (_originsLock) return [.. _sources.Select(source => source.Describe(nowNs))];
    }

    /// <summary>Begins to copy from other streams, where the configuration says so. Once, when all streams of the account are there.</summary>
    public void Follow()
    {
        lock (_originsLock)
        {
            if (_isFollowing) return;
            _isFollowing = true;
            FollowAsConfigured();
        }
    }

    /// <summary>Stores a message of another stream. Any thread, in a batch.</summary>
    /// <param name="batch">In which it came.</param>
    /// <param name="subject">Under which it is stored.</param>
    /// <param name="headers">The header block, or empty.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="sequence">Which it has to get; 0: the next.</param>
    /// <param name="timestampNs">When it was stored there; 0: it is of now.</param>
    public CopyResult Copy(MessageBatch batch, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, ulong sequence, long timestampNs)
    {
        lock (_lock)
        {
            if (_isClosed) return CopyResult.Closed;
            if (sequence > 0 && Store.State.LastSequence + 1 != sequence) return CopyResult.WrongSequence;
            _publishNowNs = timestampNs > 0 ? timestampNs : batch.NowNs;
            CopyResult result = Copy(new IngestMessage { Subject = subject, Headers = headers, Payload = payload, IsTrusted = true });
            ComeBackAtEnd(batch);
            return result;
        }
    }

    /// <summary>Uses up the sequences up to one for which another stream has no messages.</summary>
    /// <returns>False when the store does not take it.</returns>
    public bool TrySkipTo(ulong sequence)
    {
        lock (_lock)
        {
            if (_isClosed) return false;
            StreamState state = Store.State;
            if (state.LastSequence >= sequence) return true;

            // Without messages the stream simply begins later.
            StoreResult result = state.Messages == 0 ? Store.Compact(sequence + 1, out _) : Store.Skip(state.LastSequence + 1, sequence - state.LastSequence, _services.NowNs, advancesTime: false);
            if (result == StoreResult.Ok) Advance(sequence);
            return result == StoreResult.Ok;
        }
    }

    /// <summary>Publishes a header block when everything that was copied so far is as safe as what the stream acknowledges.</summary>
    public void TellWhenStored(MessageBatch batch, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers)
    {
        lock (_lock)
        {
            if (_isClosed) return;
            _published.AddMessage(subject, headers, default, waits: true);
            ComeBackAtEnd(batch);
        }
    }

    /// <summary>It answers direct gets for the name of the mirrored stream.</summary>
    public bool AnswersForMirrored => _direct.AnswersForMirrored;

    /// <summary>Answers direct gets for the name of the mirrored stream too.</summary>
    public void AnswerForMirrored(string name) => _direct.AnswerFor(name);

    private CopyResult Copy(in IngestMessage message)
    {
        var plan = new IngestPlan(_scratch);
        switch (_rules.Judge(message, this, ref plan))
        {
            case IngestVerdict.Store:
                return KeepAndReplace(plan, out _) switch
                {
                    StoreResult.Ok => CopyResult.Stored,
                    StoreResult.MaximumMessages or StoreResult.MaximumBytes or StoreResult.MaximumMessagesPerSubject => CopyResult.Full,
                    _ => CopyResult.Refused,
                };
            case IngestVerdict.Skip:
                Replace(new IngestReplacement(plan, Skip(plan)));
                return CopyResult.Stored;
            case IngestVerdict.Duplicate:
                return CopyResult.Duplicate;
            default:
                return CopyResult.Refused;
        }
    }

    private void ComeBackAtEnd(MessageBatch batch)
    {
        if (ReferenceEquals(_registeredIn, batch) && _registeredNumber == batch.Number) return;
        (_registeredIn, _registeredNumber) = (batch, batch.Number);
        batch.AtEnd(this);
    }

    private void ChangeOrigins()
    {
        lock (_originsLock)
        {
            if (_isFollowing) FollowAsConfigured();
        }
    }

    private void StopOrigins(bool isDeleted)
    {
        lock (_originsLock)
        {
            _isFollowing = false;
            _mirror?.Stop(isDeleted);
            foreach (SourceOrigin source in _sources) source.Stop(isDeleted);
            _mirror = null;
            _sources = [];
        }
    }

    // Begins and ends what the configuration has more and less than before.
    private void FollowAsConfigured()
    {
        StreamConfig config = Config;
        if (config.Mirror is null)
        {
            _mirror?.Stop(deletesConsumer: true);
            _mirror = null;
            _direct.AnswerFor(null);
        }
        else if (_mirror is null)
        {
            _mirror = new MirrorOrigin(_services, this, _owner.Domain);
            _mirror.Start();
        }
        else
        {
            _direct.AnswerFor(config.MirrorDirect ? config.Mirror.Name : null);
        }

        List<SourceOrigin> before = _sources;
        List<SourceOrigin> added = [];
        _sources = [];
        foreach (StreamSource source in config.Sources ?? [])
        {
            string index = SourceNames.IndexOf(source);
            SourceOrigin? known = before.Find(origin => origin.Index == index);
            if (known is null) added.Add(known = new SourceOrigin(_services, this, source, _owner.Domain));
            _sources.Add(known);
        }

        foreach (SourceOrigin gone in before.Except(_sources)) gone.Stop(deletesConsumer: true);
        Resume(added);
        foreach (SourceOrigin origin in added) origin.Start();
    }

    // Each source goes on where the store, or the last message of it that there is, says.
    private void Resume(List<SourceOrigin> added)
    {
        List<SourceOrigin> unknown = [];
        IReadOnlyList<StoredSource> progress = Store.Sources;
        foreach (SourceOrigin origin in added)
        {
            StoredSource? stored = progress.FirstOrDefault(source => source.Name == origin.Index);
            if (stored is { } found && found.Sequence > 0) origin.Resume(found.Sequence, found.Identity);
            else unknown.Add(origin);
        }

        ulong sequence = Store.State.LastSequence;
        while (unknown.Count > 0 && sequence > 0 && Store.LoadPrevious(MessageFilter.All, sequence, out StoredMessage message) == StoreResult.Ok)
        {
            sequence = message.Sequence - 1;
            if (!MessageHeaders.TryGet(message.Headers, SourceHeader.Key, out ReadOnlySpan<byte> value) || !SourceHeader.TryParse(value, out SourceHeader header) || header.Sequence == 0) continue;
            foreach (SourceOrigin origin in unknown.Where(origin => IsOf(header, origin)).ToArray())
            {
                origin.Resume(header.Sequence, header.Identity);
                unknown.Remove(origin);
            }
        }
    }

    // Headers of old versions name the stream only.
    private static bool IsOf(in SourceHeader header, SourceOrigin origin) =>
        header.Index.Length > 0 ? header.Index == origin.Index : header.Stream == origin.Source.Name || header.Stream == origin.Index.Split(' ')[0];
}
