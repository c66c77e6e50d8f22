using System.Security.Cryptography;
using System.Text;

namespace NATS.Server.Hosting;

/// <summary>The short name by which servers with JetStream know each other: eight letters and digits that follow from a server's name. Pure.</summary>
internal static class NodeName
{
    private const int Length = 8;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static string Of(string serverName) =>
        string.Create(Length, SHA256.HashData(Encoding.UTF8.GetBytes(serverName)), static (name, hash) =>
        {
            for (int i = 0; i < name.Length; i++) name[i] = Digits[hash[i] % Digits.Length];
        });
}
