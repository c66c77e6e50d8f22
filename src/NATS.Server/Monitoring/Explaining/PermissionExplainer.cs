namespace NATS.Server.Monitoring.Explaining;

/// <summary>What a user may publish and subscribe to, and by which rule. Pure over its arguments.</summary>
internal static class PermissionExplainer
{
    public static Explanation Publish(ExplainQuestion question, IMonitoredServer server) => throw new NotSupportedException("not built yet");

    public static Explanation Subscribe(ExplainQuestion question, IMonitoredServer server) => throw new NotSupportedException("not built yet");
}
