using System.Text;

namespace NATS.Server.Auth;

/// <summary>An entry of a permission: a subject, and for subscribing perhaps the queue group it is for.</summary>
internal readonly record struct SubjectEntry(string Subject, string? Queue)
{
    private static readonly char[] Blanks = [' ', '\t', '\n', '\v', '\f', '\r', '\u0085', '\u00a0'];

    /// <summary>Splits <c>subject</c> or <c>subject queue</c>; false when either is no valid subject or there are more words.</summary>
    public static bool TryParse(string text, out SubjectEntry entry)
    {
        entry = default;
        if (IsValid(text))
        {
            entry = new SubjectEntry(text, null);
            return true;
        }

        string[] words = text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2 || !IsValid(words[0]) || !IsValid(words[1])) return false;
        entry = new SubjectEntry(words[0], words[1]);
        return true;
    }

    private static bool IsValid(string subject) => Core.Subjects.Subject.IsValid(Encoding.UTF8.GetBytes(subject));
}
