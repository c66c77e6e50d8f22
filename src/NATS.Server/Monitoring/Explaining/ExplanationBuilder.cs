namespace NATS.Server.Monitoring.Explaining;

/// <summary>Answers questions from what monitoring can see. Pure over its arguments; changes nothing.</summary>
internal static class ExplanationBuilder
{
    /// <summary>Answers a question that <see cref="ExplainQuestion.Validate"/> has no objection to.</summary>
    public static Explanation Build(ExplainQuestion question, IMonitoredServer server, DateTimeOffset now) => question.Kind switch
    {
        ExplainKind.Publish => PermissionExplainer.Publish(question, server),
        ExplainKind.Subscribe => PermissionExplainer.Subscribe(question, server),
        ExplainKind.Route => RouteExplainer.Explain(question, server),
        ExplainKind.Consumer => ConsumerExplainer.Explain(question, server, now),
        ExplainKind.Connection => ConnectionExplainer.Explain(question, server, now),
        _ => throw new ArgumentException(question.Validate(), nameof(question)),
    };
}
