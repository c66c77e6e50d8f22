using System.Text;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What the configurations of streams make of subjects. Pure.</summary>
internal static class StreamSubjects
{
    /// <summary>The subject under which a stream stores what is published to it.</summary>
    public static string Stored(StreamConfig config, string subject) =>
        config.SubjectTransform is { } transform && Transform(transform.Source, transform.Destination, subject) is { Length: > 0 } stored ? stored : subject;

    /// <summary>Where a stream publishes what it has stored under a subject; null: nowhere.</summary>
    public static string? Republished(StreamConfig config, string stored)
    {
        if (config.Republish is not { } republish || Transform(republish.Source, republish.Destination, stored) is not { } subject) return null;
        return Subject.IsValidPublish(Encoding.UTF8.GetBytes(subject)) ? subject : null;
    }

    /// <summary>How a stream copies what another one of its account stores under a subject; empty when it does not.</summary>
    public static IEnumerable<StreamCopy> CopiesOf(string origin, string stored, StreamConfig config)
    {
        if (config.Mirror is { } mirror && Copies(mirror, origin, stored)) yield return new StreamCopy(config.Name, IsMirror: true);
        if (config.Sources is { } sources && sources.Any(source => Copies(source, origin, stored))) yield return new StreamCopy(config.Name, IsMirror: false);
    }

    private static bool Copies(StreamSource source, string origin, string stored)
    {
        if (source.Name != origin || source.External is not null) return false;
        byte[] subject = Encoding.UTF8.GetBytes(stored);
        if (source.FilterSubject.Length > 0 && !Subject.MatchesLiteral(subject, Encoding.UTF8.GetBytes(source.FilterSubject))) return false;
        return source.SubjectTransforms is not { Count: > 0 } transforms
            || transforms.Any(transform => transform.Source.Length == 0 || Subject.MatchesLiteral(subject, Encoding.UTF8.GetBytes(transform.Source)));
    }

    // What is left to chance is drawn.
    private static string? Transform(string source, string destination, string subject) =>
        SubjectTransform.TryCreate(source, destination, isStrict: false, out SubjectTransform? transform, out _) ? transform?.Transform(subject, Random.Shared) : null;
}
