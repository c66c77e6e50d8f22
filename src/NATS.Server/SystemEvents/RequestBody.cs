using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.SystemEvents;

/// <summary>The body of a kind of request: options as JSON, together with the filter that says which servers are meant. Immutable, thread-safe.</summary>
/// <typeparam name="T">The options.</typeparam>
internal sealed class RequestBody<T>
{
    private readonly string _type;
    private readonly T _defaults;
    private readonly string[] _names;
    private readonly Func<JsonCursor, string, T, T> _read;

    /// <summary>Describes a body.</summary>
    /// <param name="type">What the reference calls its type: problems name it.</param>
    /// <param name="defaults">What a request without a body means.</param>
    /// <param name="names">The options' names.</param>
    /// <param name="read">Reads the value of one of these names over what was read before.</param>
    public RequestBody(string type, T defaults, string[] names, Func<JsonCursor, string, T, T> read)
    {
        _type = type;
        _defaults = defaults;
        _names = [.. names, .. RequestFilter.Names];
        _read = read;
    }

    /// <summary>Reads a body.</summary>
    /// <param name="body">Empty: everything as by default.</param>
    /// <param name="options">The options, as far as they were read.</param>
    /// <param name="filter">Who is meant.</param>
    /// <returns>What is wrong, in the reference's words; null when nothing is.</returns>
    public string? Read(ReadOnlyMemory<byte> body, out T options, out RequestFilter filter)
    {
        options = _defaults;
        filter = RequestFilter.All;
        if (body.IsEmpty) return null;
        var values = (Options: _defaults, Filter: RequestFilter.All);
        JsonRequest.TryReadOnly(body, _type, ref values, Read, out string? problem);
        (options, filter) = values;
        return problem;
    }

    private (T Options, RequestFilter Filter) Read(JsonCursor json, (T Options, RequestFilter Filter) values)
    {
        if (!json.EnterObject("server." + _type)) return values;
        while (json.NextProperty(_names, out string name))
        {
            if (Array.IndexOf(RequestFilter.Names, name) >= 0) values.Filter = values.Filter.Read(json, name);
            else values.Options = _read(json, name, values.Options);
        }

        return values;
    }
}
