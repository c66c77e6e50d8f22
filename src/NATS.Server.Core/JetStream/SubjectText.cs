using System.Text;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream;

/// <summary>Pure. The verdicts of <see cref="Subject"/> on texts; for cold paths.</summary>
internal static class SubjectText
{
    public static bool IsValid(string subject) => Subject.IsValid(Encoding.UTF8.GetBytes(subject));

    public static bool IsValidPublish(string subject) => Subject.IsValidPublish(Encoding.UTF8.GetBytes(subject));

    public static bool IsLiteral(string subject) => Subject.IsLiteral(Encoding.UTF8.GetBytes(subject));

    public static bool IsSubset(string subject, string filter) => Subject.IsSubset(Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(filter));

    /// <summary>Whether some subject is matched by both. Literals, of which an account may have many, are compared without a copy.</summary>
    public static bool Collide(string first, string second)
    {
        if (first == second) return true;
        if (!first.AsSpan().ContainsAny('*', '>') && !second.AsSpan().ContainsAny('*', '>')) return false;
        return Subject.Collide(Encoding.UTF8.GetBytes(first), Encoding.UTF8.GetBytes(second));
    }
}
