namespace NATS.Server.Sessions;

/// <summary>Subjects that belong to the server: clients may not publish to them, or not use them as reply. Pure.</summary>
internal static class ReservedSubjects
{
    /// <summary>Routed replies between clusters, and Raft traffic outside the system account.</summary>
    public static bool IsReservedForPublish(ReadOnlySpan<byte> subject) =>
        (subject.Length > 5 && subject.StartsWith("_GR_."u8)) || subject.StartsWith("$NRG."u8);

    /// <summary>Replies of service imports, acknowledgements of JetStream, routed replies.</summary>
    public static bool IsReservedReply(ReadOnlySpan<byte> reply)
    {
        if (reply[0] == '_') return (reply.Length > 3 && reply.StartsWith("_R_."u8)) || (reply.Length > 5 && reply.StartsWith("_GR_."u8));
        return reply[0] == '$' && reply.Length > 8 && reply.StartsWith("$JS.ACK."u8);
    }
}
