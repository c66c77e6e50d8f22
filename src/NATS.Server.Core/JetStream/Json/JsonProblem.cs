namespace NATS.Server.Core.JetStream.Json;

/// <summary>Immutable. Why text is not JSON.</summary>
/// <param name="Text">In the words of the reference.</param>
/// <param name="Offset">How many bytes are read up to and with what is wrong.</param>
internal sealed record JsonProblem(string Text, int Offset)
{
    /// <summary>The text ends within a value.</summary>
    public static JsonProblem End { get; } = new("unexpected EOF", 0);
}
