using System.Security.Cryptography;

namespace NATS.Server.Delivery;

/// <summary>Ids of the server's events. Thread-safe.</summary>
internal static class EventId
{
    private const int Length = 22;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>22 letters and digits that are not used twice.</summary>
    public static string New() => RandomNumberGenerator.GetString(Digits, Length);
}
