using NATS.Server.Accounts;
using NATS.Server.Auth;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What explaining reads of a server about users and their rights. Thread rule of <see cref="IMonitoredServer"/>.</summary>
internal interface IRightsSource
{
    /// <summary>What is in force for an open connection; null when there is none of this number.</summary>
    RightsSnapshot? SnapshotRights(ulong cid);

    /// <summary>What is in force for the open connections of a user, the oldest first; of very many not for all.</summary>
    /// <param name="user">As <see cref="RightsSnapshot.User"/> or <see cref="RightsSnapshot.UserName"/>.</param>
    IReadOnlyList<RightsSnapshot> SnapshotRights(string user);

    /// <summary>What a user of the configuration may do once it connects; null when there is none of this name or public nkey.</summary>
    RightsSnapshot? FindConfiguredUser(string user);

    /// <summary>What users of an account may do who have no permissions of their own; null when there is no such account.</summary>
    RightsSnapshot? SnapshotDefaultRights(string account);

    /// <summary>What a connection may still publish to a subject because it got a request with that reply; null for nothing.</summary>
    ResponseGrant? FindGrant(ulong cid, byte[] subject);

    /// <summary>What is declared of an account; null when there is none of this name.</summary>
    AccountModel? FindModel(string account);
}
