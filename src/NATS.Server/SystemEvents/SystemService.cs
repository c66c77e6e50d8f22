using System.Text.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Something that the server answers in its system account, and that every account may ask under a subject of its own, as if it imported it. Immutable.
/// </summary>
/// <param name="Subject">What every account asks.</param>
/// <param name="Format">The subject in the system account, with <c>{0}</c> where the asking account's name stands.</param>
/// <param name="IsShared">Whether the answer depends on who asks, so that details of the client come with the request.</param>
/// <param name="Answer">Writes the field <c>data</c> of the answer.</param>
internal sealed record SystemService(string Subject, string Format, bool IsShared, SystemServiceAnswer Answer)
{
    /// <summary>What the system account exports.</summary>
    public ExportOptions Export { get; } = new(ExportKind.Service, SubjectOf(Format, "*"));

    /// <summary>The subject that an account's requests have in the system account.</summary>
    public string SubjectFor(string account) => SubjectOf(Format, account);

    private static string SubjectOf(string format, string account) => format.Replace("{0}", account, StringComparison.Ordinal);
}

/// <summary>Answers a request to the server.</summary>
/// <param name="request">What came; valid during the call.</param>
/// <param name="origin">Who asks, as the request's header tells; without a client when it did not come by an import.</param>
/// <param name="client">The connection it came from; null when the server asks itself.</param>
/// <param name="now">The time, UTC.</param>
/// <param name="writer">Gets the value of the field <c>data</c>.</param>
internal delegate void SystemServiceAnswer(in InboundMessage request, in RequestOrigin origin, ClientSession? client, DateTimeOffset now, Utf8JsonWriter writer);
