namespace NATS.Server.Core.Subjects;

/// <summary>The texts of the errors in transforms and mappings, as nats-server words them; operators and tools look for them.</summary>
public static class TransformErrors
{
    public const string BadSubject = "invalid subject";
    public const string InvalidDestination = Prefix + ": invalid transform";
    public const string NotUsingAllWildcards = Prefix + ": not using all of the token wildcard(s)";
    public const string UnknownFunction = Prefix + ": unknown function";
    public const string IndexOutOfRange = Prefix + ": wildcard index out of range";
    public const string NotEnoughArguments = Prefix + ": not enough arguments passed to the function";
    public const string InvalidArgument = Prefix + ": function argument is invalid or in the wrong format";
    public const string TooManyArguments = Prefix + ": too many arguments passed to the function";
    public const string NotSupportedForImport = Prefix + ": the only mapping function allowed for import transforms is {{Wildcard()}}";
    public const string IndividualWeight = "individual weights need to be <= 100";
    public const string TotalWeight = "total weight needs to be <= 100";
    private const string Prefix = "invalid mapping destination";

    /// <summary>A problem and the destination token that has it; an empty token is not named.</summary>
    public static string In(string token, string problem) => token.Length == 0 ? problem : $"{problem} in {token}";

    /// <summary>The text for a destination that is listed twice.</summary>
    public static string DuplicateEntry(string subject) => $"duplicate entry for \"{subject}\"";
}
