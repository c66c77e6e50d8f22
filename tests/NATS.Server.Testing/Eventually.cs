using System.Diagnostics;

namespace NATS.Server.Testing;

/// <summary>
/// Thread-safe. Waits until a condition holds, with a deadline. For state that announces no change; where there is an event to wait for, wait for that.
/// </summary>
public static class Eventually
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(20);
    private const int YieldsBeforePausing = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Returns when <paramref name="condition"/> is true.</summary>
    /// <param name="condition">Called many times; free of side effects.</param>
    /// <param name="what">Named in the failure.</param>
    /// <param name="timeout">How long to wait; <see cref="DefaultTimeout"/> when null.</param>
    /// <exception cref="TimeoutException">It never became true.</exception>
    public static void True(Func<bool> condition, string what, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long start = Stopwatch.GetTimestamp();
        TimeSpan limit = timeout ?? DefaultTimeout;
        using var never = new ManualResetEventSlim();
        for (int attempt = 0; !condition(); attempt++)
        {
            if (Stopwatch.GetElapsedTime(start) > limit) throw new TimeoutException($"Not within {limit.TotalSeconds:0.#} s: {what}");
            if (attempt < YieldsBeforePausing) Thread.Yield();
            else never.Wait(Pause);
        }
    }

    /// <summary>Returns when <paramref name="condition"/> is true.</summary>
    /// <param name="condition">Called many times, such as a question to a server.</param>
    /// <param name="what">Named in the failure.</param>
    /// <param name="timeout">How long to wait; <see cref="DefaultTimeout"/> when null.</param>
    /// <exception cref="TimeoutException">It never became true.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long start = Stopwatch.GetTimestamp();
        TimeSpan limit = timeout ?? DefaultTimeout;
        using var pauses = new PeriodicTimer(Pause);
        for (int attempt = 0; !await condition(); attempt++)
        {
            if (Stopwatch.GetElapsedTime(start) > limit) throw new TimeoutException($"Not within {limit.TotalSeconds:0.#} s: {what}");
            if (attempt >= YieldsBeforePausing) await pauses.WaitForNextTickAsync();
        }
    }

    /// <summary>Returns the first value of <paramref name="get"/> that is not null.</summary>
    /// <exception cref="TimeoutException">It stayed null.</exception>
    public static T NotNull<T>(Func<T?> get, string what, TimeSpan? timeout = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(get);
        T? value = null;
        True(() => (value = get()) is not null, what, timeout);
        return value!;
    }

    /// <summary>Returns when <paramref name="get"/> returns <paramref name="expected"/>; the failure names the last value seen.</summary>
    /// <exception cref="TimeoutException">It never did.</exception>
    public static void Equal<T>(T expected, Func<T> get, string what, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(get);
        T last = default!;
        try
        {
            True(() => EqualityComparer<T>.Default.Equals(expected, last = get()), what, timeout);
        }
        catch (TimeoutException problem)
        {
            throw new TimeoutException($"{problem.Message}: expected {expected}, last seen {last}", problem);
        }
    }
}
