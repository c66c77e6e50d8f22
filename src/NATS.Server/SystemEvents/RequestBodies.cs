using NATS.Server.Core.JetStream.Json;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.SystemEvents;

/// <summary>The bodies of requests that have options, with the names that the options have in JSON. Immutable.</summary>
internal static class RequestBodies
{
    public static readonly RequestBody<ConnzQuery> Connz = new(
        "ConnzEventOptions",
        new ConnzQuery(new ConnzOptions(), Sort: ""),
        ["sort", "auth", "subscriptions", "subscriptions_detail", "offset", "limit", "cid", "mqtt_client", "state", "user", "acc", "filter_subject"],
        ReadConnz);

    public static readonly RequestBody<SubszOptions> Subsz = new(
        "SubszEventOptions",
        new SubszOptions(),
        ["offset", "limit", "subscriptions", "account", "test"],
        static (json, name, options) => name switch
        {
            "offset" => options with { Offset = json.Number(options.Offset, "int") },
            "limit" => options with { Limit = json.Number(options.Limit, "int") },
            "subscriptions" => options with { Subscriptions = json.Flag(options.Subscriptions) },
            "account" => options with { Account = json.Text(options.Account) },
            _ => options with { Test = json.Text(options.Test) },
        });

    public static readonly RequestBody<JszOptions> Jsz = new(
        "JszEventOptions",
        new JszOptions(),
        ["account", "accounts", "streams", "consumer", "direct_consumer", "config", "leader_only", "offset", "limit", "raft", "stream_leader_only"],
        ReadJsz);

    public static readonly RequestBody<HealthzOptions> Healthz = new(
        "HealthzEventOptions",
        new HealthzOptions(),
        ["js-enabled", "js-enabled-only", "js-server-only", "js-meta-only", "account", "stream", "consumer", "details"],
        static (json, name, options) => name switch
        {
            "js-enabled" or "js-enabled-only" => options with { JsEnabledOnly = json.Flag(current: false) || options.JsEnabledOnly },
            "js-server-only" => options with { JsServerOnly = json.Flag(options.JsServerOnly) },
            "js-meta-only" => options with { JsMetaOnly = json.Flag(options.JsMetaOnly) },
            "account" => options with { Account = json.Text(options.Account) },
            "stream" => options with { Stream = json.Text(options.Stream) },
            "consumer" => options with { Consumer = json.Text(options.Consumer) },
            _ => options with { Details = json.Flag(options.Details) },
        });

    public static readonly RequestBody<AccountStatzOptions> AccountStatz = new(
        "AccountStatzEventOptions",
        new AccountStatzOptions(),
        ["accounts", "include_unused"],
        static (json, name, options) => name switch
        {
            "accounts" => options with { Accounts = json.Texts() is { } accounts ? [.. accounts] : [] },
            _ => options with { IncludeUnused = json.Flag(options.IncludeUnused) },
        });

    public static readonly RequestBody<AccountzOptions> Accountz = new(
        "AccountzEventOptions", new AccountzOptions(), ["account"], static (json, _, options) => options with { Account = json.Text(options.Account) });

    public static readonly RequestBody<IpqueueszOptions> Ipqueuesz = new(
        "IpqueueszEventOptions",
        new IpqueueszOptions(),
        ["all", "filter"],
        static (json, name, options) => name == "all" ? options with { All = json.Flag(options.All) } : options with { Filter = json.Text(options.Filter) });

    public static readonly RequestBody<ProfilezOptions> Profilez = new(
        "ProfilezEventOptions",
        new ProfilezOptions(),
        ["name", "debug", "duration"],
        static (json, name, options) => name switch
        {
            "name" => options with { Name = json.Text(options.Name) },
            "duration" => options with { Duration = new TimeSpan(json.Duration(current: 0) / TimeSpan.NanosecondsPerTick) },
            _ => Passed(options, json.Number(0, "int")),
        });

    public static readonly RequestBody<ExplainQuestion> Explain = new(
        "ExplainEventOptions",
        new ExplainQuestion { Kind = ExplainKind.Unknown },
        ["question", "subject", "queue", "reply", "account", "user", "cid", "stream", "consumer"],
        static (json, name, question) => name switch
        {
            "question" => question with { Kind = Enum.TryParse(json.Text(""), ignoreCase: true, out ExplainKind kind) && Enum.IsDefined(kind) ? kind : ExplainKind.Unknown },
            "subject" => question with { Subject = json.Text(question.Subject) },
            "queue" => question with { Queue = json.Text(question.Queue) },
            "reply" => question with { HasReply = json.Flag(question.HasReply) },
            "account" => question with { Account = json.Text(question.Account) },
            "user" => question with { User = json.Text(question.User) },
            "cid" => question with { Cid = json.Unsigned(question.Cid) },
            "stream" => question with { Stream = json.Text(question.Stream) },
            _ => question with { Consumer = json.Text(question.Consumer) },
        });

    // Where there are no other servers their options choose nothing, but have to be right all the same.
    public static readonly RequestBody<object?> Routez = WithoutMeaning("RoutezEventOptions", ["subscriptions", "subscriptions_detail"], []);

    public static readonly RequestBody<object?> Gatewayz = WithoutMeaning(
        "GatewayzEventOptions", ["accounts", "subscriptions", "subscriptions_detail"], ["name", "account_name"]);

    public static readonly RequestBody<object?> Leafz = WithoutMeaning("LeafzEventOptions", ["subscriptions"], ["account"]);

    public static readonly RequestBody<object?> Raftz = WithoutMeaning("RaftzEventOptions", [], ["account", "group"]);

    /// <summary>A body without options of its own: a filter at most.</summary>
    /// <param name="type">What the reference calls its type.</param>
    public static RequestBody<object?> FilterOnly(string type) => new(type, defaults: null, [], static (_, _, options) => options);

    private static RequestBody<object?> WithoutMeaning(string type, string[] flags, string[] texts) =>
        new(type, defaults: null, [.. flags, .. texts], (json, name, options) =>
            Array.IndexOf(flags, name) >= 0 ? Passed(options, json.Flag(current: false)) : Passed(options, json.Text("")));

    private static T Passed<T, TValue>(T options, TValue value)
    {
        _ = value;
        return options;
    }

    private static ConnzQuery ReadConnz(JsonCursor json, string name, ConnzQuery query)
    {
        ConnzOptions options = query.Options;
        if (name == "sort") return query with { Sort = json.Text(query.Sort, "server.SortOpt") };
        options = name switch
        {
            "auth" => options with { Auth = json.Flag(options.Auth) },
            "subscriptions" => options with { Subscriptions = json.Flag(options.Subscriptions) },
            "subscriptions_detail" => options with { SubscriptionsDetail = json.Flag(options.SubscriptionsDetail) },
            "offset" => options with { Offset = json.Number(options.Offset, "int") },
            "limit" => options with { Limit = json.Number(options.Limit, "int") },
            "cid" => options with { Cid = json.Unsigned(options.Cid) },
            "mqtt_client" => options with { MqttClient = json.Text(options.MqttClient) },

            // A state that does not exist is that of no connection.
            "state" => options with { State = (ConnectionState)(int)Math.Clamp(json.Number((long)options.State, "server.ConnState"), int.MinValue, int.MaxValue) },
            "user" => options with { User = json.Text(options.User) },
            "acc" => options with { Account = json.Text(options.Account) },
            _ => options with { FilterSubject = json.Text(options.FilterSubject) },
        };
        return query with { Options = options };
    }

    private static JszOptions ReadJsz(JsonCursor json, string name, JszOptions options) => name switch
    {
        "account" => options with { Account = json.Text(options.Account) },
        "accounts" => options with { Accounts = json.Flag(options.Accounts) },
        "streams" => options with { Streams = json.Flag(options.Streams) },
        "consumer" => options with { Consumers = json.Flag(options.Consumers) },
        "direct_consumer" => options with { DirectConsumers = json.Flag(options.DirectConsumers) },
        "config" => options with { Config = json.Flag(options.Config) },
        "leader_only" => options with { LeaderOnly = json.Flag(options.LeaderOnly) },
        "offset" => options with { Offset = json.Number(options.Offset, "int") },
        "limit" => options with { Limit = json.Number(options.Limit, "int") },
        "raft" => options with { Raft = json.Flag(options.Raft) },
        _ => options with { StreamLeaderOnly = json.Flag(options.StreamLeaderOnly) },
    };
}

/// <summary>What a request for connections asks. Immutable.</summary>
/// <param name="Options">Its options but for the order.</param>
/// <param name="Sort">The name of the order, as it was sent.</param>
internal sealed record ConnzQuery(ConnzOptions Options, string Sort);
