using System.Runtime.InteropServices;

namespace NATS.Server.Auth;

/// <summary>What is left of the right to answer one request.</summary>
/// <param name="Messages">Answers that may still be published; -1 is unlimited.</param>
/// <param name="Ends">Time until it ends; null: never.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ResponseGrant(int Messages, TimeSpan? Ends);
