using System.Text.RegularExpressions;

namespace NATS.Server.InteropTests.Config;

/// <summary>What a server says to a configuration: a digest when it is valid, else messages in any order. Immutable.</summary>
internal sealed partial record CheckVerdict(string Digest, IReadOnlyList<string> Messages)
{
    public bool IsValid => Messages.Count == 0;

    // After some messages the reference goes on to a nil pointer and reports that too.
    private const string Aftermath = "runtime error: invalid memory address or nil pointer dereference";

    /// <summary>The messages as one text: sorted, without what ours adds, and without what the reference should not say.</summary>
    public string Text => string.Join('\n', Messages
        .Where(message => !message.EndsWith(Aftermath, StringComparison.Ordinal))
        .Select(message => Suggestion().Replace(message, ""))
        .Order(StringComparer.Ordinal));

    public static CheckVerdict Of(string digest, string messages) =>
        new(digest, messages.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(", did you mean \"[^\"]*\"\\?$")]
    private static partial Regex Suggestion();
}
