namespace NATS.Server.Core.JetStream.Schedules;

/// <summary>When a schedule publishes next.</summary>
/// <param name="TimeNs">Nanoseconds since 1970; times that do not fit are as late or as early as can be.</param>
/// <param name="Repeats">Whether it publishes again after that.</param>
public readonly record struct ScheduledTime(long TimeNs, bool Repeats);
