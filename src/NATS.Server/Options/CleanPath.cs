namespace NATS.Server.Options;

/// <summary>Paths as the reference shows them: the shortest that mean the same, without asking the file system. Pure.</summary>
internal static class CleanPath
{
    /// <summary>One path below another, with '/' wherever the system takes it.</summary>
    public static string Join(string directory, string name)
    {
        var separator = Path.DirectorySeparatorChar;
        var path = $"{directory}{separator}{name}";
        var root = Path.GetPathRoot(path) ?? "";
        List<string> names = [];
        foreach (var part in path[root.Length..].Split(separator, Path.AltDirectorySeparatorChar))
        {
            if (part is "" or ".") continue;
            if (part != "..") names.Add(part);
            else if (names.Count > 0 && names[^1] != "..") names.RemoveAt(names.Count - 1);
            else if (root.Length == 0) names.Add(part);
        }

        return root.Length + names.Count == 0 ? "." : root + string.Join(separator, names);
    }
}
