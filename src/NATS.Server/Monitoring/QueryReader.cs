using NATS.Server.Monitoring.Http;

namespace NATS.Server.Monitoring;

/// <summary>
/// Reads typed parameters and remembers the first error in the reference's words; once there is one, further parameters read as absent. One owner.
/// </summary>
internal sealed class QueryReader(string rawQuery)
{
    private readonly UrlQuery _query = new(rawQuery);

    /// <summary>What is wrong with the first malformed parameter; null when nothing is.</summary>
    public string? Error { get; private set; }

    public string Text(string name) => _query.Text(name);

    public bool Bool(string name)
    {
        bool value = false;
        if (IsPresent(name)) Check("boolean", name, GoText.ParseBool(_query.Bytes(name), out value));
        return value;
    }

    public long Int(string name)
    {
        long value = 0;
        if (IsPresent(name)) Check("int", name, GoText.ParseInt(_query.Bytes(name), out value));
        return value;
    }

    public ulong Unsigned(string name)
    {
        ulong value = 0;
        if (IsPresent(name)) Check("uint64", name, GoText.ParseUnsigned(_query.Bytes(name), out value));
        return value;
    }

    public ConnectionState State()
    {
        string text = Text("state");
        if (Error is not null) return ConnectionState.Open;
        switch (text.ToLowerInvariant())
        {
            case "" or "open": return ConnectionState.Open;
            case "closed": return ConnectionState.Closed;
            case "any" or "all": return ConnectionState.All;
            default:
                Error = $"Error decoding state for {text}";
                return ConnectionState.Open;
        }
    }

    private bool IsPresent(string name) => Error is null && !_query.Bytes(name).IsEmpty;

    private void Check(string type, string name, string? reason)
    {
        if (reason is not null) Error = $"Error decoding {type} for '{name}': {reason}";
    }
}
