using NATS.Server.Accounts;
using NATS.Server.Options;

namespace NATS.Server.Delivery;

/// <summary>The step of a message over the border of an account, as a request or as the answer to one. Immutable.</summary>
/// <param name="Exporter">Whose service it is.</param>
/// <param name="Export">The export that is passed.</param>
/// <param name="IsShared">Whether the requester's account lets the exporter know who asks.</param>
/// <param name="Origin">Of a request: where it comes from.</param>
internal readonly record struct ServiceHop(Account? Exporter, ExportOptions? Export, bool IsShared, RequestOrigin Origin);

/// <summary>Where a request comes from, as its responder is told. Immutable.</summary>
/// <param name="Client">Null when the server itself asks.</param>
/// <param name="RoundTripNs">The client's round trip when it asked.</param>
/// <param name="IsDetailed">Whether more is told than the account and the round trip.</param>
/// <param name="NamesServer">Whether the server is named also without details.</param>
/// <param name="Service">The account in the middle of a chain of imports, as a JSON string; null in the first.</param>
internal readonly record struct RequestOrigin(ClientIdentity? Client, long RoundTripNs, bool IsDetailed, bool NamesServer, byte[]? Service);
