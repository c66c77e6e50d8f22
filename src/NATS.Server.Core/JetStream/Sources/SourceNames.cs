using NATS.Server.Core.Hashing;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Sources;

/// <summary>Pure. What mirrors and sources are called: in headers of the messages that were copied, in files, and at the stream that they copy from.</summary>
/// <remarks>Reference: nats-server stream.go composeIName, createSourcingConsumerHash.</remarks>
public static class SourceNames
{
    private const string Everything = ">";
    private const char Separator = '\f';

    /// <summary>What tells a source from the others of its stream, and under which its progress is kept: stream, filters and destinations.</summary>
    public static string IndexOf(StreamSource source)
    {
        string name = source.Name;
        if (source.External is { } external) name += ":" + NameHash.Of(external.ApiPrefix);
        if (source.Consumer is { } consumer) name += ":C=" + NameHash.Of(consumer.Name);
        if (source.SubjectTransforms is not { Count: > 0 } transforms) return $"{name} {OrEverything(source.FilterSubject)} {Everything}";
        return $"{name} {string.Join(Separator, transforms.Select(static transform => OrEverything(transform.Source)))} {string.Join(Separator, transforms.Select(static transform => OrEverything(transform.Destination)))}";
    }

    /// <summary>The consumer of a mirror.</summary>
    /// <param name="stream">The mirror.</param>
    /// <param name="account">Of the mirror.</param>
    /// <param name="domain">Of its server; may be empty.</param>
    public static string OfMirrorConsumer(string stream, string account, string domain) => "JS_MIRROR_" + StreamHash(stream, account, domain);

    /// <summary>The consumer of a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="sources">All of the stream: with one of a stream's name the name is short.</param>
    /// <param name="stream">The stream that has them.</param>
    /// <param name="account">Of that stream.</param>
    /// <param name="domain">Of its server; may be empty.</param>
    public static string OfSourceConsumer(StreamSource source, IEnumerable<StreamSource> sources, string stream, string account, string domain)
    {
        string id = StreamHash(stream, account, domain);
        if (sources.Count(other => other.Name == source.Name) > 1) id = $"{id} {IndexOf(source)}";
        return "JS_SRC_" + NameHash.Of(id);
    }

    /// <summary>What tells a stream from one of the same name that was deleted.</summary>
    public static string IdentityOf(Json.ZonedTime created) => NameHash.Of(created.ToUtc().ToString());

    private static string StreamHash(string stream, string account, string domain) => NameHash.Of(domain.Length > 0 ? $"{stream} {account} {domain}" : $"{stream} {account}");

    private static string OrEverything(string subject) => subject.Length == 0 ? Everything : subject;
}
