using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What the stream has for the consumer.</summary>
internal sealed partial class ConsumerStory
{
    private string _idleReason = "";

    private void LookAtStream()
    {
        DescribeStream();
        DescribeMatching();
        if (_standing.Next is { } next)
        {
            Add(new Finding
            {
                Kind = "next_message",
                Text = $"message {StandingText.Number(next.Sequence)} is next{(next.IsRedelivery ? ", once more" : "")}: {StandingText.Count(next.SizeBytes, "byte")}, stored {StandingText.Ago(next.TimestampNs, _nowNs)}",
                Subject = next.Subject,
                Stream = _stream.Name,
                Value = (long)next.Sequence,
            });
            return;
        }

        LookAtDurability();
        LookAtOrigins();
        _idleReason = WhyNothing();
    }

    private void DescribeStream()
    {
        string messages = _state.Messages == 0
            ? _state.LastSequence == 0 ? "the stream has never had a message" : $"the stream is empty; its last message had sequence {StandingText.Number(_state.LastSequence)}"
            : $"the stream has {StandingText.Count(_state.Messages, "message")}, sequences {StandingText.Number(_state.FirstSequence)} to {StandingText.Number(_state.LastSequence)}, the last one stored {StandingText.Ago(_state.LastTimeNs, _nowNs)}";
        string isSealed = _stream.Config.Sealed ? "; it is sealed, so no more will come" : "";
        Add(new Finding { Kind = "stream", Text = messages + isSealed, Account = _account, Stream = _stream.Name, Value = (long)_state.Messages });
        if (_stream.Store.WriteFailure is not { } failure) return;
        Add(new Finding { Kind = "store", Text = $"its store failed and takes no more messages: {failure}", Stream = _stream.Name, Refusal = failure });
        _hints.Add("The stream stores nothing since a write failed: look at the disk and at the server's log.");
    }

    private void DescribeMatching()
    {
        IReadOnlyList<string> filters = _config.Filters;
        if (filters.Count == 0) return;
        string shown = StandingText.List([.. filters.Take(SimilarNames.Maximum)], "or");
        Add(new Finding
        {
            Kind = "filter",
            Text = $"its filter {shown} matches {StandingText.Number(_standing.Matching)} of the stream's {StandingText.Count(_state.Messages, "message")}{(_standing.LastMatching > 0 ? $", the last one with sequence {StandingText.Number(_standing.LastMatching)}" : "")}",
            Subject = filters.Count == 1 ? filters[0] : null,
            Value = (long)_standing.Matching,
            Limit = (long)_state.Messages,
        });
        if (_standing.Matching > 0 || _state.Messages == 0) return;
        _hints.Add(CanMatch(filters)
            ? $"No stored message has a subject that filter {shown} matches: compare it with the subjects that are published."
            : $"No subject of the stream ({StandingText.List([.. (_stream.Config.Subjects ?? []).Take(SimilarNames.Maximum)])}) can ever match filter {shown}.");
    }

    // Of mirrors and sources it is not known what they bring.
    private bool CanMatch(IReadOnlyList<string> filters)
    {
        if (_stream.Config.Mirror is not null || _stream.Config.Sources is { Count: > 0 } || _stream.Config.SubjectTransform is not null || _stream.Config.Subjects is not { Count: > 0 } subjects) return true;
        return filters.Any(filter => subjects.Any(subject => Subject.Collide(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(subject))));
    }

    private string WhyNothing()
    {
        if (_state.LastSequence == 0) return "the stream has never had a message";
        if (_standing.NextSequence > _state.LastSequence + 1) return StartsLater();
        if (_state.Messages == 0) return "the stream is empty";
        if (_standing.Matching == 0) return $"its filter matches none of the stream's {StandingText.Count(_state.Messages, "message")}";
        if (_standing.LastMatching >= _standing.NextSequence) return "the newest messages are not stored safely yet";
        if (_info.Delivered.Consumer == 0) return StartedLater();
        string settled = _config.AckPolicy == AckPolicy.None || _info.AckPending == 0 ? "" : $"; {StandingText.Count(_info.AckPending, "message waits", "messages wait")} for an acknowledgement";
        return $"everything up to message {StandingText.Number(_standing.LastMatching)} of the stream has been delivered, the last one {StandingText.Ago(_info.Delivered.LastActiveNs, _nowNs)}{settled}";
    }

    private string StartsLater()
    {
        string rule = _config.StartSequence > 0 ? "opt_start_seq" : "deliver_policy";
        _rule ??= _config.StartSequence > 0
            ? new ExplainRule("opt_start_seq", _config.StartSequence.ToString(System.Globalization.CultureInfo.InvariantCulture), Source)
            : new ExplainRule("deliver_policy", ConsumerWords.Of(_config.DeliverPolicy), Source);
        Add(new Finding
        {
            Kind = "start",
            Text = $"it goes on with message {StandingText.Number(_standing.NextSequence)} ({rule}), and the stream's last one is {StandingText.Number(_state.LastSequence)}",
            Value = (long)_standing.NextSequence,
            Limit = (long)_state.LastSequence,
            Decides = true,
        });
        return $"it begins with message {StandingText.Number(_standing.NextSequence)}, and the stream's last one is {StandingText.Number(_state.LastSequence)}";
    }

    // Nothing was delivered although some messages match: they came before it.
    private string StartedLater()
    {
        string policy = ConsumerWords.Of(_config.DeliverPolicy);
        _rule ??= new ExplainRule("deliver_policy", policy, Source);
        Add(new Finding
        {
            Kind = "start",
            Text = $"with deliver_policy {policy} it began behind the {StandingText.Count(_standing.Matching, "message")} that its filter matches",
            Value = (long)_standing.NextSequence,
            Limit = (long)_standing.LastMatching,
            Decides = true,
        });
        return $"with deliver_policy {policy} it began behind the {StandingText.Count(_standing.Matching, "message")} that it could deliver";
    }

    // What is not on the device yet may be lost, so nobody gets it.
    private void LookAtDurability()
    {
        if (_standing.Readable >= _state.LastSequence || _standing.NextSequence > _state.LastSequence) return;
        Block(
            new Finding { Kind = "durability", Text = $"messages {StandingText.Number(_standing.Readable + 1)} to {StandingText.Number(_state.LastSequence)} are not stored safely yet, and are delivered when they are", Value = (long)_standing.Readable, Limit = (long)_state.LastSequence },
            "the newest messages are not stored safely yet",
            new ExplainRule("sync_interval", _server.Options.JetStream is { SyncIntervalNs: > 0 and var intervalNs } ? StandingText.Setting(intervalNs) : "always", "the server"));
        _hints.Add("This should be over within moments; if it is not, look at the disk: /varz and /ipqueuesz show what waits for it.");
    }

    private void LookAtOrigins()
    {
        if (_stream.DescribeMirror(_nowNs) is { } mirror) LookAtOrigin("mirror", mirror);
        foreach (StreamSourceInfo source in _stream.DescribeSources(_nowNs).Take(SimilarNames.Maximum)) LookAtOrigin("source", source);
    }

    private void LookAtOrigin(string kind, StreamSourceInfo origin)
    {
        string heard = origin.ActiveNs < 0 ? "nothing has been heard of it" : $"it was last heard {StandingText.Span(origin.ActiveNs)} ago";
        string lag = origin.Lag > 0 ? $", {StandingText.Count(origin.Lag, "message")} behind" : "";
        string problem = origin.Error is { } error ? $"; {error.Description}" : "";
        var finding = new Finding { Kind = kind, Text = $"the stream is a {kind} of \"{origin.Name}\": {heard}{lag}{problem}", Stream = origin.Name, Value = (long)origin.Lag, Refusal = origin.Error?.Description };
        bool isBehind = origin.Lag > 0 || origin.Error is not null || origin.ActiveNs < 0;
        if (!isBehind || _info.Pending > 0)
        {
            Add(finding);
            return;
        }

        Block(finding, $"its stream has not got the messages of \"{origin.Name}\" yet ({heard}{lag}{problem})", new ExplainRule(kind, origin.Name, StreamSource));
        _hints.Add($"Look at stream \"{origin.Name}\": whether it exists, may be read from here, and is reachable.");
    }
}
