using System.Text.RegularExpressions;
using NATS.Server.Testing;

namespace NATS.Server.UnitTests.Architecture;

/// <summary>The C# files of the checkout, as text.</summary>
internal static partial class SourceTree
{
    /// <summary>The project folders under <c>src</c>, by name.</summary>
    public static IReadOnlyList<string> Projects => [.. Directory.GetDirectories(Repository.PathOf("src")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    /// <summary>All C# files below a folder of the checkout that people wrote.</summary>
    public static IEnumerable<SourceFile> Below(params string[] folder)
    {
        string root = Repository.PathOf(folder);
        foreach (string path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string relative = Path.GetRelativePath(root, path).Replace('\\', '/');
            if (relative.StartsWith("obj/", StringComparison.Ordinal) || relative.StartsWith("bin/", StringComparison.Ordinal)) continue;
            yield return new SourceFile(relative, File.ReadAllText(path));
        }
    }

    /// <summary>The text without comments, so that prose may name anything. Strings stay.</summary>
    public static string WithoutComments(string text) => Comment().Replace(text, match => match.Value[0] == '/' ? "" : match.Value);

    // A string or character literal is matched first and kept, so that a // inside of it is not taken for a comment.
    [GeneratedRegex("""@"(?:""|[^"])*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*.*?\*/""", RegexOptions.Singleline)]
    private static partial Regex Comment();
}

/// <summary>One file.</summary>
/// <param name="Path">Relative to the folder that was asked for, with forward slashes.</param>
/// <param name="Text">All of it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The folder, empty at the top.</summary>
    public string Folder => Path.Contains('/') ? Path[..Path.LastIndexOf('/')] : "";

    /// <summary>The first part of the folder, empty at the top.</summary>
    public string TopFolder => Folder.Split('/')[0];

    public int Lines => Text.AsSpan().Count('\n');
}
