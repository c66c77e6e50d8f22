namespace NATS.Server.Core.JetStream;

/// <summary>Pure. Names that are not used twice: of events, of clients that are pinned.</summary>
public static class UniqueName
{
    private const int Length = 22;

    private static ReadOnlySpan<char> Digits => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Makes one.</summary>
    /// <param name="random">Not to be guessed where the name must not be.</param>
    public static string Next(Random random)
    {
        Span<char> name = stackalloc char[Length];
        random.GetItems(Digits, name);
        return new string(name);
    }
}
