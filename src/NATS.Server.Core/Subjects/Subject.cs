namespace NATS.Server.Core.Subjects;

/// <summary>Pure functions over subjects: dot-separated tokens of bytes, <c>*</c> for one token, a final <c>&gt;</c> for the rest. Thread-safe.</summary>
public static class Subject
{
    public const byte Separator = (byte)'.';
    public const byte PartialWildcard = (byte)'*';
    public const byte FullWildcard = (byte)'>';
}
