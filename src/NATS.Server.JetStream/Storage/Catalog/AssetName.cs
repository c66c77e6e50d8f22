using System.Buffers;
using System.Text;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Pure. Which names accounts, streams and consumers may have, which are the names of their directories.</summary>
public static class AssetName
{
    /// <summary>Bytes of a stream's or consumer's name, and of what a file system takes for one.</summary>
    public const int MaximumLength = 255;

    /// <summary>What a name begins with that stands for no asset: of a directory that is being made or deleted.</summary>
    public const char Hidden = '.';

    /// <summary>In which nats-server receives backups, at the root.</summary>
    internal const string Staging = ".snap-staging";

    private static readonly SearchValues<char> NotInAssets = SearchValues.Create(" \t\r\n\f.*>\\/\0");

    /// <summary>Why a stream or consumer cannot have a name; null if it can.</summary>
    /// <remarks>Reference: nats-server jetstream.go isValidAssetName. A zero character, which it lets pass, fits no file system.</remarks>
    public static string? ProblemOfAsset(string name) =>
        name.Length == 0 ? "a name is required"
        : name.AsSpan().IndexOfAny(NotInAssets) is >= 0 and int at ? $"a name cannot contain {Text(name[at])}"
        : ProblemOfLength(name);

    /// <summary>Why an account with a name can have no directory; null if it can.</summary>
    public static string? ProblemOfAccount(string name) =>
        name.Length == 0 ? "a name is required"
        : name is "." or ".." or Staging ? "this name stands for something else"
        : name.AsSpan().IndexOfAny("\\/\0") is >= 0 and int at ? $"a name cannot contain {Text(name[at])}"
        : ProblemOfLength(name);

    private static string? ProblemOfLength(string name) =>
        Encoding.UTF8.GetByteCount(name) > MaximumLength ? $"a name has at most {MaximumLength} bytes" : null;

    private static string Text(char character) => character switch
    {
        ' ' => "a blank",
        < ' ' => $"the character {(int)character}",
        _ => $"'{character}'",
    };
}
