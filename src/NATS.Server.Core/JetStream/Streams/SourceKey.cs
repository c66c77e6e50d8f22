using NATS.Server.Core.Collections;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>Immutable. What tells the sources of a stream apart: two of one stream must differ in what they take of it.</summary>
internal sealed record SourceKey
{
    private const string Everything = ">";

    private readonly string _name;
    private readonly string? _apiPrefix;
    private readonly string? _consumer;
    private readonly ValueList<(string Source, string Destination)> _subjects;

    private SourceKey(string name, string? apiPrefix, string? consumer, ValueList<(string Source, string Destination)> subjects)
    {
        _name = name;
        _apiPrefix = apiPrefix;
        _consumer = consumer;
        _subjects = subjects;
    }

    public static SourceKey Of(StreamSource source) => new(
        source.Name,
        source.External?.ApiPrefix,
        source.Consumer?.Name,
        source.SubjectTransforms is { Count: > 0 } transforms
            ? [.. transforms.Select(static transform => (OrEverything(transform.Source), OrEverything(transform.Destination)))]
            : [(OrEverything(source.FilterSubject), Everything)]);

    private static string OrEverything(string subject) => subject.Length == 0 ? Everything : subject;
}
