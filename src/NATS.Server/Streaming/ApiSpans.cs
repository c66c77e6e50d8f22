using System.Diagnostics;
using System.Globalization;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.JetStream.Ports;
using NATS.Server.Tracing;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. The spans of requests to the JetStream API, named after their endpoints. They belong to the trace that the request names, or begin one.</summary>
/// <param name="serverName">The server's name.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiSpans(string serverName, TimeProvider time) : IApiSpans
{
    public IApiSpan? Begin(string account, string subject, in ApiSubject api, ReadOnlySpan<byte> headers, int bodySize)
    {
        if (!ServerSpans.AreWanted) return null;
        string template = ApiSubject.Prefix + api.Route.Pattern;
        TraceHeaders.TryFindParent(headers, out ActivityContext parent, isSampled: false);
        KeyValuePair<string, object?>[] tags =
        [
            new(SpanTags.System, SpanTags.SystemName),
            new(SpanTags.OperationName, "request"),
            new(SpanTags.OperationType, "process"),
            new(SpanTags.Destination, subject),
            new(SpanTags.DestinationTemplate, template),
            new(SpanTags.Account, account),
        ];
        if (ServerSpans.Source.CreateActivity(template, ActivityKind.Server, parent, tags, links: null, ActivityIdFormat.W3C) is not { } activity) return null;
        activity.SetStartTime(time.GetUtcNow().UtcDateTime);
        if (activity.IsAllDataRequested)
        {
            activity.SetTag(SpanTags.BodySize, bodySize);
            activity.SetTag(SpanTags.Server, serverName);
            if (api.Stream.Length > 0) activity.SetTag(SpanTags.Stream, api.Stream);
            if (api.Consumer.Length > 0) activity.SetTag(SpanTags.Consumer, api.Consumer);
        }

        return new ApiSpan(activity, time);
    }

    private sealed class ApiSpan(Activity activity, TimeProvider time) : IApiSpan
    {
        private Activity? _activity = activity;

        public void End(ApiError? error)
        {
            if (Interlocked.Exchange(ref _activity, null) is not { } activity) return;
            if (error is { } told)
            {
                activity.SetStatus(ActivityStatusCode.Error, told.Description);
                activity.SetTag(SpanTags.ErrorType, ((int)told.ErrorCode).ToString(CultureInfo.InvariantCulture));
            }

            // Started only now: it was to be current on no thread, least of all on one that brings requests.
            activity.Start();
            activity.SetEndTime(time.GetUtcNow().UtcDateTime);
            activity.Stop();
        }
    }
}
