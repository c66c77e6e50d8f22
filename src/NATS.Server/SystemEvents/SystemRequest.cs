using NATS.Server.Delivery;

namespace NATS.Server.SystemEvents;

/// <summary>A request to the server, copied out of the batch it came in. Immutable.</summary>
/// <param name="Subject">In the system account.</param>
/// <param name="Reply">Where the answer goes; empty when none is wanted.</param>
/// <param name="Headers">The header block; empty without one.</param>
/// <param name="Body">Without headers.</param>
/// <param name="Account">The account that asks.</param>
/// <param name="Client">Answers.</param>
/// <param name="Handler">Knows the answer.</param>
internal sealed record SystemRequest(string Subject, byte[] Reply, byte[] Headers, byte[] Body, string Account, InternalClient Client, RequestHandler Handler)
{
    private const int AccountToken = 3;

    /// <summary>The account that a subject <c>$SYS.REQ.ACCOUNT.*.X</c> names.</summary>
    public string NamedAccount => Subject.Split('.')[AccountToken];
}

/// <summary>Answers requests of one kind. Called on the pool, for one request after the other.</summary>
internal delegate RequestOutcome RequestHandler(SystemRequest request);
