namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>In which of the subjects a consumer is asked for.</summary>
public enum ConsumerRequestForm
{
    /// <summary><c>$JS.API.CONSUMER.CREATE.STREAM.NAME</c>, which a filter may follow.</summary>
    Named,

    /// <summary><c>$JS.API.CONSUMER.CREATE.STREAM</c>.</summary>
    Ephemeral,

    /// <summary><c>$JS.API.CONSUMER.DURABLE.CREATE.STREAM.NAME</c>.</summary>
    Durable,
}

/// <summary>Immutable. What the subject of a request to create or update a consumer says.</summary>
/// <param name="Form">Which subject it is.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Consumer">The name of the consumer; empty when the subject has none.</param>
/// <param name="Filter">The filter; empty when the subject has none.</param>
public readonly record struct ConsumerRequestSubject(ConsumerRequestForm Form, string Stream, string Consumer, string Filter)
{
    private const int NameAt = 5;

    /// <summary>Reads a subject.</summary>
    /// <param name="subject">Without the prefix of a domain.</param>
    /// <param name="result">What it says.</param>
    /// <returns>False when it is none of the subjects.</returns>
    public static bool TryParse(string subject, out ConsumerRequestSubject result)
    {
        result = default;
        string[] tokens = subject.Split('.');
        if (tokens is ["$JS", "API", "CONSUMER", "DURABLE", "CREATE", var stream, var consumer])
            result = new ConsumerRequestSubject(ConsumerRequestForm.Durable, stream, consumer, "");
        else if (tokens is ["$JS", "API", "CONSUMER", "CREATE", _])
            result = new ConsumerRequestSubject(ConsumerRequestForm.Ephemeral, tokens[^1], "", "");
        else if (tokens is ["$JS", "API", "CONSUMER", "CREATE", _, _, ..])
            result = new ConsumerRequestSubject(ConsumerRequestForm.Named, tokens[NameAt - 1], tokens[NameAt], string.Join('.', tokens[(NameAt + 1)..]));
        return result.Stream is not null;
    }
}
