using System.Buffers;

namespace NATS.Server.Core.JetStream;

/// <summary>Pure. What streams and consumers may be called.</summary>
internal static class AssetName
{
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(" \t\r\n\f.*>\\/");

    /// <summary>Whether there is a name, and none of blanks, what separates or stands for tokens of subjects, and what separates folders in it.</summary>
    public static bool IsValid(string name) => name.Length > 0 && !name.AsSpan().ContainsAny(Forbidden);

    /// <summary>Whether something in the name separates folders.</summary>
    public static bool HasPathSeparator(string name) => name.AsSpan().ContainsAny('\\', '/');
}
