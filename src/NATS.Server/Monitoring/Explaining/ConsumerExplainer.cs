namespace NATS.Server.Monitoring.Explaining;

/// <summary>Why a consumer delivers or not. Pure over its arguments.</summary>
internal static class ConsumerExplainer
{
    public static Explanation Explain(ExplainQuestion question, IMonitoredServer server, DateTimeOffset now) => throw new NotSupportedException("not built yet");
}
