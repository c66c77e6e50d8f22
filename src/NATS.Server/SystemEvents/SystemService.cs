using NATS.Server.Options;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Something that the server answers in its system account, and that every account may ask under a subject of its own, as if it imported it. Immutable.
/// </summary>
/// <param name="Subject">What every account asks.</param>
/// <param name="Format">The subject in the system account, with <c>{0}</c> where the asking account's name stands.</param>
internal sealed record SystemService(string Subject, string Format)
{
    private const int AccountPosition = 4;

    /// <summary>Whether the answer depends on who asks, so that details of the client come with the request.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether the system account's own clients may ask under the subject of the others.</summary>
    public bool IsForSystemAccount { get; init; }

    /// <summary>Whether several servers may answer, each for itself.</summary>
    public bool IsAnsweredByAll { get; init; }

    /// <summary>What the system account exports.</summary>
    public ExportOptions Export => field ??= new(ExportKind.Service, SubjectOf(Format, "*"))
    {
        ResponseType = IsAnsweredByAll ? ServiceResponseType.Streamed : ServiceResponseType.Singleton,
        AccountTokenPosition = IsAnsweredByAll ? AccountPosition : 0,
    };

    /// <summary>The subject that an account's requests have in the system account.</summary>
    public string SubjectFor(string account) => SubjectOf(Format, account);

    private static string SubjectOf(string format, string account) => format.Replace("{0}", account, StringComparison.Ordinal);
}
