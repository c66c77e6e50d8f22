namespace NATS.Server.Monitoring.Explaining;

/// <summary>Why a connection closed, or what holds it up. Pure over its arguments.</summary>
internal static class ConnectionExplainer
{
    public static Explanation Explain(ExplainQuestion question, IMonitoredServer server, DateTimeOffset now) => throw new NotSupportedException("not built yet");
}
