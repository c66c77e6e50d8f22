using NATS.Server.Core.Collections;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>What a stream may store, and what is made of its subjects.</summary>
internal sealed partial class StreamConfigCheck
{
    private const string Everything = ">";

    private ApiError? Subjects()
    {
        if (_config.Subjects is not { Count: > 0 } subjects)
        {
            if (_config.Mirror is null && _config.Sources is not { Count: > 0 }) _config = _config with { Subjects = [_config.Name] };
            return null;
        }

        for (int i = 0; i < subjects.Count; i++)
        {
            string subject = subjects[i];
            if (!SubjectText.IsValid(subject)) return Invalid("invalid subject");
            if (subject == Everything && !_config.NoAck) return Invalid("capturing all subjects requires no-ack to be true");
            if (subject == Everything && _config.Replicas != 1) return Invalid("capturing all subjects requires replicas of 1");
            if (!_config.NoAck && Reserved(subject) is { } error) return error;
            for (int other = i + 1; other < subjects.Count; other++)
            {
                if (SubjectText.Collide(subjects[other], subject)) return Invalid($"subject {GoFormat.Quote(subject)} overlaps with {GoFormat.Quote(subjects[other])}");
            }
        }

        return null;
    }

    // An acknowledgement of what the server itself publishes would go round and round. Events and the account's own system subjects were allowed before and are still.
    private static ApiError? Reserved(string subject)
    {
        foreach (string space in (ReadOnlySpan<string>)["$JS.>", "$JSC.>", "$NRG.>"])
        {
            if (SubjectText.Collide(subject, space) && !SubjectText.IsSubset(subject, "$JS.EVENT.>")) return Invalid("subjects that overlap with jetstream api require no-ack to be true");
        }

        return SubjectText.Collide(subject, "$SYS.>") && !SubjectText.IsSubset(subject, "$SYS.ACCOUNT.>")
            ? Invalid("subjects that overlap with system api require no-ack to be true")
            : null;
    }

    private ApiError? Transform()
    {
        if (_config.SubjectTransform is not { } transform) return null;
        if (transform.Source.Length > 0 && !SubjectText.IsValid(transform.Source)) return ApiErrors.StreamTransformInvalidSource($"{TransformErrors.BadSubject} {transform.Source}");
        return SubjectTransform.ValidateMapping(transform.Source, transform.Destination, out string? problem) ? null : ApiErrors.StreamTransformInvalidDestination(problem);
    }

    private ApiError? Republish()
    {
        if (_config.Republish is not { } republish) return null;
        ValueList<string> subjects = _config.Subjects ?? [];
        if (republish.Source.Length == 0)
        {
            if (_isPedantic) return Pedantic("republish source can not be empty");
            republish = republish with { Source = Everything };
        }

        // Everything to everything would come back, unless a transform moves all of it elsewhere: then that is what is published again.
        if (republish is { Source: Everything, Destination: Everything } && _config.SubjectTransform is { } transform && subjects.Count == 1 && transform.Source == subjects[0])
        {
            if (_isPedantic) return Pedantic("implicit republish based on subject transform");
            republish = republish with { Source = transform.Destination, Destination = transform.Destination };
        }

        if (subjects.Any(subject => SubjectText.Collide(republish.Destination, subject))) return Invalid("stream configuration for republish destination forms a cycle");
        if (!SubjectTransform.TryCreate(republish.Source, republish.Destination, isStrict: false, out _, out _))
            return Invalid($"stream configuration for republish with transform from '{republish.Source}' to '{republish.Destination}' not valid");
        _config = _config with { Republish = republish };
        return null;
    }
}
