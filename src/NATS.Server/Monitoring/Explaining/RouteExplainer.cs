namespace NATS.Server.Monitoring.Explaining;

/// <summary>Where a message on a subject would go. Pure over its arguments.</summary>
internal static class RouteExplainer
{
    public static Explanation Explain(ExplainQuestion question, IMonitoredServer server) => throw new NotSupportedException("not built yet");
}
