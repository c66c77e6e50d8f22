using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>Judges the subjects of permissions. Pure.</summary>
internal static class PermissionCheck
{
    private static readonly char[] WhiteSpace = [' ', '\t', '\n', '\v', '\f', '\r', '\u0085', '\u00a0'];

    /// <summary>What is wrong with a subject, or null.</summary>
    /// <param name="text">A subject; with <paramref name="allowsQueue"/> also a subject and a queue group, separated by white space.</param>
    /// <param name="allowsQueue">True for subscribe permissions.</param>
    public static string? ValidateSubject(string text, bool allowsQueue)
    {
        if (IsValid(text)) return null;
        var parts = allowsQueue ? text.Split(WhiteSpace, StringSplitOptions.RemoveEmptyEntries) : [];
        if (parts.Length != 2) return $"subject {GoFormat.Quote(text)} is not a valid subject";
        if (!IsValid(parts[0])) return $"subject {GoFormat.Quote(parts[0])} is not a valid subject";
        return IsValid(parts[1]) ? null : $"queue {GoFormat.Quote(parts[1])} is not a valid queue";
    }

    /// <summary>What is wrong with a user's permissions, with the list it is in; or null.</summary>
    public static string? Validate(PermissionsOptions? permissions) =>
        Find(permissions?.Publish?.Allow, "publish allow", false) ??
        Find(permissions?.Publish?.Deny, "publish deny", false) ??
        Find(permissions?.Subscribe?.Allow, "subscribe allow", true) ??
        Find(permissions?.Subscribe?.Deny, "subscribe deny", true);

    private static string? Find(IReadOnlyList<string>? subjects, string list, bool allowsQueue) =>
        subjects?.Select(subject => ValidateSubject(subject, allowsQueue)).FirstOrDefault(static error => error is not null) is { } error ? $"{list}: {error}" : null;

    private static bool IsValid(string subject) => Subject.IsValid(Encoding.UTF8.GetBytes(subject));
}
