using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using NATS.Server.Accounts;

namespace NATS.Server.Delivery;

/// <summary>What is known of a request whose latency is measured, when it is made. Immutable.</summary>
internal sealed class ServiceMeasurement
{
    /// <summary>The exporting account, which is told.</summary>
    public required Account Exporter { get; init; }

    /// <summary>Where it is told.</summary>
    public required byte[] Subject { get; init; }

    /// <summary>Who asks, with details only if they are shared.</summary>
    public required RequestOrigin Requestor { get; init; }

    /// <summary>When the request arrived here.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The same moment, as a timestamp of the clock.</summary>
    public required long Timestamp { get; init; }

    /// <summary>The headers that asked for the measurement, as JSON; null without.</summary>
    public byte[]? HeaderJson { get; init; }
}

/// <summary>A finished measurement: <c>io.nats.server.metric.v1.service_latency</c>. Immutable.</summary>
/// <param name="Request">What was measured.</param>
/// <param name="Status">200, 400, 408, 503 or 504.</param>
/// <param name="Description">Why there was no answer; empty for 200.</param>
/// <param name="Time">When it ended.</param>
/// <param name="Responder">Who answered; default when nobody did, or the server itself.</param>
/// <param name="ServiceNs">Time from the request to the answer, without the way to and from the responder.</param>
/// <param name="SystemNs">Time the server took.</param>
/// <param name="TotalNs">Everything, as the requester sees it.</param>
internal sealed record ServiceLatency(
    ServiceMeasurement Request, int Status, string Description, DateTimeOffset Time, RequestOrigin Responder, long ServiceNs, long SystemNs, long TotalNs)
{
    /// <summary>The measurement of a request that ended without an answer.</summary>
    public static ServiceLatency Unanswered(ServiceMeasurement request, RequestEnd end, DateTimeOffset time)
    {
        (int status, string description) = end switch
        {
            RequestEnd.BadRequest => (400, "Bad Request"),
            RequestEnd.InterestLost => (408, "Request Timeout"),
            RequestEnd.Undelivered => (503, "Service Unavailable"),
            _ => (504, "Service Timeout"),
        };
        return new ServiceLatency(request, status, description, time, default, 0, 0, 0);
    }

    /// <summary>The measurement of a request that was answered.</summary>
    /// <param name="request">The request.</param>
    /// <param name="responder">Who answers.</param>
    /// <param name="time">Now.</param>
    /// <param name="tookNs">Time between request and answer, as the server saw them.</param>
    /// <param name="systemNs">Time the server took to hand the answer on.</param>
    public static ServiceLatency Answered(ServiceMeasurement request, RequestOrigin responder, DateTimeOffset time, long tookNs, long systemNs)
    {
        // Round trips are estimates: what is left of the time without them may come out below nothing.
        long service = Math.Max(0, tookNs - responder.RoundTripNs);
        return new ServiceLatency(request, 200, "", time, responder, service, systemNs, request.Requestor.RoundTripNs + tookNs + systemNs);
    }

    /// <summary>Writes it as JSON, field for field as the reference does.</summary>
    /// <param name="id">The event's id.</param>
    /// <param name="server">The server's name as a JSON string.</param>
    /// <param name="output">Gets the object.</param>
    public void Write(string id, byte[] server, IBufferWriter<byte> output)
    {
        output.Write("{\"type\":\"io.nats.server.metric.v1.service_latency\",\"id\":"u8);
        output.Write(ClientIdentityJson.Text(id));
        output.Write(",\"timestamp\":"u8);
        Write(Time, output);
        output.Write(",\"status\":"u8);
        Write(Status, output);
        if (Description.Length > 0)
        {
            output.Write(",\"description\":"u8);
            output.Write(ClientIdentityJson.Text(Description));
        }

        Write(",\"requestor\":"u8, Request.Requestor, server, output);
        Write(",\"responder\":"u8, Responder, server, output);
        if (Request.HeaderJson is { } header)
        {
            output.Write(",\"header\":"u8);
            output.Write(header);
        }

        output.Write(",\"start\":"u8);
        Write(Request.Time.AddTicks(-(Request.Requestor.RoundTripNs / TimeSpan.NanosecondsPerTick)), output);
        output.Write(",\"service\":"u8);
        Write(ServiceNs, output);
        output.Write(",\"system\":"u8);
        Write(SystemNs, output);
        output.Write(",\"total\":"u8);
        Write(TotalNs, output);
        output.Write("}"u8);
    }

    private static void Write(ReadOnlySpan<byte> name, in RequestOrigin who, byte[] server, IBufferWriter<byte> output)
    {
        if (who.Client is null) return;
        output.Write(name);
        RequestInfo.WriteJson(who, server, default, output);
    }

    private static void Write(DateTimeOffset time, IBufferWriter<byte> output) =>
        output.Write(Encoding.ASCII.GetBytes($"\"{time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture)}\""));

    private static void Write(long number, IBufferWriter<byte> output)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(20), out int written);
        output.Advance(written);
    }
}
