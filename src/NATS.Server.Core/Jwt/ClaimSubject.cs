using System.Globalization;

namespace NATS.Server.Core.Jwt;

/// <summary>What tokens make of subjects. Looser than what the server routes by, and so kept apart. Pure.</summary>
public static class ClaimSubject
{
    public static bool HasWildcards(string subject) =>
        subject is "*" or ">"
        || subject.EndsWith(".>", StringComparison.Ordinal)
        || subject.EndsWith(".*", StringComparison.Ordinal)
        || subject.StartsWith("*.", StringComparison.Ordinal)
        || subject.Contains(".*.", StringComparison.Ordinal);

    public static bool EndsInFullWildcard(string subject) => subject == ">" || subject.EndsWith(".>", StringComparison.Ordinal);

    /// <summary>Whether the other subject covers this one, token by token.</summary>
    public static bool IsContainedIn(string subject, string other)
    {
        string[] theirs = other.Split('.');
        string[] ours = subject.Split('.');
        if (ours.Length > theirs.Length && theirs[^1] != ">") return false;
        if (ours.Length < theirs.Length) return false;
        for (int i = 0; i < theirs.Length; i++)
        {
            if (i == theirs.Length - 1 && theirs[i] == ">") return true;
            if (theirs[i] != ours[i] && theirs[i] != "*") return false;
        }

        return true;
    }

    /// <summary>A local subject with its references to wildcards turned into wildcards.</summary>
    public static string WithWildcards(string localSubject) =>
        localSubject.Contains('$') ? string.Join('.', localSubject.Split('.').Select(static token => IsReference(token, out _) ? "*" : token)) : localSubject;

    internal static bool IsReference(string token, out long index)
    {
        index = 0;
        return token.Length > 1 && token[0] == '$' && long.TryParse(token.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index);
    }
}
