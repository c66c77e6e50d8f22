namespace NATS.Server.OperatorMode;

/// <summary>A message to one of the claims subjects, copied out of the batch it came in. Immutable.</summary>
/// <param name="Kind">Which subject.</param>
/// <param name="Account">The account in the subject; empty where there is none.</param>
/// <param name="Reply">Where the answer goes; empty when none is wanted.</param>
/// <param name="Payload">Without headers.</param>
internal sealed record ClaimsRequest(ClaimsRequestKind Kind, string Account, byte[] Reply, byte[] Payload);

/// <summary>What a claims subject is for.</summary>
internal enum ClaimsRequestKind : byte
{
    /// <summary>A token for the account in the subject.</summary>
    UpdateOfAccount,

    /// <summary>A token for the account that it is about.</summary>
    Update,

    /// <summary>Asks for a token.</summary>
    LookUp,

    /// <summary>Asks for all tokens, unless the asking server has the same.</summary>
    Pack,

    /// <summary>A part of the answer to a request of this server for all tokens.</summary>
    Packed,

    /// <summary>Asks which accounts there are.</summary>
    List,

    /// <summary>A request, signed by the operator, to delete accounts.</summary>
    Delete,
}
