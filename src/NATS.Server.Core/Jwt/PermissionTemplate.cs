using System.Diagnostics.CodeAnalysis;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.Jwt;

/// <summary>
/// Fills in what a scoped signing key leaves open in its subjects: <c>{{name()}}</c>, <c>{{subject()}}</c>, <c>{{account-name()}}</c>,
/// <c>{{account-subject()}}</c>, <c>{{tag(x)}}</c>, <c>{{account-tag(x)}}</c>. Pure, thread-safe.
/// </summary>
/// <remarks>
/// A tag that a user has several times stands for several subjects, and several tags for all combinations. What cannot be filled in, or gives no valid
/// subject, grants nothing where subjects are allowed, and fails the login where they are denied.
/// </remarks>
public static class PermissionTemplate
{
    /// <summary>Subjects that one list may grow to.</summary>
    public const int MaxExpansions = 4096;

    private const string Open = "{{";
    private const string Close = "}}";

    // No subject has it, so that what is made with it is recognised as invalid.
    private const string Undefined = " ";

    /// <summary>Fills in a template for one user.</summary>
    /// <param name="template">Of the scope.</param>
    /// <param name="user">Whose login it is.</param>
    /// <param name="accountName">The name in the account's token.</param>
    /// <param name="accountTags">The tags in the account's token.</param>
    /// <param name="rights">The template without anything left open.</param>
    /// <param name="error">Why there are none.</param>
    public static bool TryExpand(
        UserRights template,
        UserClaims user,
        string accountName,
        IReadOnlyList<string> accountTags,
        [NotNullWhen(true)] out UserRights? rights,
        [NotNullWhen(false)] out string? error)
    {
        rights = null;
        var facts = new Facts(user, accountName, accountTags);
        ClaimPermissions permissions = template.Permissions;
        if (!TryExpand(permissions.Subscribe, facts, out PermissionList? subscribe, out error)) return false;
        if (!TryExpand(permissions.Publish, facts, out PermissionList? publish, out error)) return false;
        rights = template with { Permissions = permissions with { Subscribe = subscribe, Publish = publish } };
        return true;
    }

    private static bool TryExpand(PermissionList list, Facts facts, [NotNullWhen(true)] out PermissionList? expanded, [NotNullWhen(false)] out string? error)
    {
        expanded = null;
        if (!TryExpand(list.Allow, facts, isStrict: false, out IReadOnlyList<string>? allow, out error)) return false;
        if (!TryExpand(list.Deny, facts, isStrict: true, out IReadOnlyList<string>? deny, out error)) return false;

        // An empty list would allow everything.
        if (list.Allow.Count > 0 && allow.Count == 0 && !deny.Contains(">", StringComparer.Ordinal)) deny = [.. deny, ">"];
        expanded = new PermissionList(allow, deny);
        return true;
    }

    private static bool TryExpand(
        IReadOnlyList<string> subjects, Facts facts, bool isStrict, [NotNullWhen(true)] out IReadOnlyList<string>? expanded, [NotNullWhen(false)] out string? error)
    {
        expanded = subjects;
        error = null;
        if (!subjects.Any(static subject => FindHole(subject, 0, out _) >= 0)) return true;

        var made = new List<string>(subjects.Count);
        foreach (string subject in subjects)
        {
            error = Expand(subject, facts, isStrict, made);
            if (error is null) continue;
            expanded = null;
            return false;
        }

        expanded = made;
        return true;
    }

    private static string? Expand(string subject, Facts facts, bool isStrict, List<string> made)
    {
        List<string> holes = FindHoles(subject);
        var values = new List<IReadOnlyList<string>>(holes.Count);
        bool hasTags = false;
        foreach (string hole in holes)
        {
            string operation = hole[Open.Length..^Close.Length].Trim();
            if (facts.TryFind(operation, out IReadOnlyList<string>? found, out string? tag))
            {
                hasTags |= tag is not null;
                if (found.Count == 0 && isStrict) return $"generated invalid subject {GoFormat.Quote(subject)}: {GoFormat.Quote(tag ?? operation)} is not defined";
                values.Add(found.Count == 0 ? [Undefined] : found);
                continue;
            }

            return $"template operation in {GoFormat.Quote(subject)}: {GoFormat.Quote(operation)} is not defined";
        }

        if (hasTags)
        {
            long count = 1;
            foreach (IReadOnlyList<string> choices in values)
            {
                count *= choices.Count;
                if (count > MaxExpansions) return LimitError;
            }

            if (made.Count > MaxExpansions - count) return LimitError;
        }

        return Combine(subject, holes, values, isStrict, made);
    }

    private static string LimitError => $"template expansion exceeds limit: {MaxExpansions}";

    // The same hole stands for the same value wherever it is in the subject.
    private static string? Combine(string subject, List<string> holes, List<IReadOnlyList<string>> values, bool isStrict, List<string> made)
    {
        List<string> names = [.. holes.Distinct(StringComparer.Ordinal)];
        List<IReadOnlyList<string>> choices = [.. names.Select(name => values[holes.IndexOf(name)])];
        var chosen = new int[names.Count];
        while (true)
        {
            string filled = Fill(subject, names, choices, chosen);
            if (Subject.IsValid(Encoding.UTF8.GetBytes(filled)))
            {
                made.Add(filled);
            }
            else if (isStrict)
            {
                return "generated invalid subject";
            }

            int last = names.Count - 1;
            while (last >= 0 && ++chosen[last] == choices[last].Count) chosen[last--] = 0;
            if (last < 0) return null;
        }
    }

    private static string Fill(string subject, List<string> names, List<IReadOnlyList<string>> choices, int[] chosen)
    {
        var filled = new StringBuilder(subject.Length);
        int start = 0;
        for (int at = FindHole(subject, 0, out int end); at >= 0; at = FindHole(subject, start, out end))
        {
            int name = names.IndexOf(subject[at..end]);
            filled.Append(subject, start, at - start).Append(choices[name][chosen[name]]);
            start = end;
        }

        return filled.Append(subject, start, subject.Length - start).ToString();
    }

    private static List<string> FindHoles(string subject)
    {
        List<string> holes = [];
        for (int at = FindHole(subject, 0, out int end); at >= 0; at = FindHole(subject, end, out end)) holes.Add(subject[at..end]);
        return holes;
    }

    // Two opening braces, at least one character that is no closing brace, two closing braces.
    private static int FindHole(string subject, int from, out int end)
    {
        end = 0;
        while (true)
        {
            int open = subject.IndexOf(Open, from, StringComparison.Ordinal);
            if (open < 0) return -1;
            int close = subject.IndexOf('}', open + Open.Length);
            if (close < 0) return -1;
            if (close > open + Open.Length && close + 1 < subject.Length && subject[close + 1] == '}')
            {
                end = close + Close.Length;
                return open;
            }

            from = close + 1;
        }
    }

    private sealed class Facts(UserClaims user, string accountName, IReadOnlyList<string> accountTags)
    {
        private const string UserTag = "tag(";
        private const string AccountTag = "account-tag(";

        /// <summary>What an operation stands for. False when there is no such operation.</summary>
        /// <param name="operation">What stands between the braces.</param>
        /// <param name="values">What it stands for; empty for a tag that is not there.</param>
        /// <param name="tag">The name of the tag, when it is one.</param>
        public bool TryFind(string operation, [NotNullWhen(true)] out IReadOnlyList<string>? values, out string? tag)
        {
            tag = null;
            if (Is(operation, "name()")) values = [user.Name];
            else if (Is(operation, "subject()")) values = [user.Subject];
            else if (Is(operation, "account-name()")) values = [accountName];
            else if (Is(operation, "account-subject()")) values = [user.IssuerAccount];
            else if (IsTag(operation, UserTag, out tag)) values = ValuesOf(tag, user.Tags);
            else if (IsTag(operation, AccountTag, out tag)) values = ValuesOf(tag, accountTags);
            else values = null;
            return values is not null;
        }

        private static bool Is(string operation, string name) => operation.Equals(name, StringComparison.OrdinalIgnoreCase);

        // Upper case is recognised as the operation but then taken for a part of the tag's name, as in the reference.
        private static bool IsTag(string operation, string function, [NotNullWhen(true)] out string? tag)
        {
            tag = null;
            if (!operation.StartsWith(function, StringComparison.OrdinalIgnoreCase) || !operation.EndsWith(')')) return false;
            string name = operation[..^1];
            tag = name.StartsWith(function, StringComparison.Ordinal) ? name[function.Length..] : name;
            return true;
        }

        private static List<string> ValuesOf(string tag, IReadOnlyList<string> tags)
        {
            string prefix = tag.ToLowerInvariant() + ":";
            return [.. tags.Where(text => text.StartsWith(prefix, StringComparison.Ordinal)).Select(text => text[prefix.Length..])];
        }
    }
}
