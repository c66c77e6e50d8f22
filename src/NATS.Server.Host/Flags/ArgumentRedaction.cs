namespace NATS.Server.Host.Flags;

/// <summary>Finds the secrets on a command line. Pure.</summary>
internal static class ArgumentRedaction
{
    /// <summary>Where the secrets are: values of <c>--user</c>, <c>--pass</c>, <c>--auth</c> and their like, and the user information of URLs of servers.</summary>
    /// <param name="arguments">The command line, with or without the program's name.</param>
    /// <returns>Index of the argument, and the range of its characters that is secret.</returns>
    public static IEnumerable<(int Argument, Range Secret)> Find(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var equals = arguments[i].IndexOf('=', StringComparison.Ordinal);
            var flag = equals < 0 ? arguments[i] : arguments[i][..equals];
            var isSecret = flag is "-user" or "--user" or "-pass" or "--pass" or "-auth" or "--auth" or "-password" or "--password" or "-token" or "--token";
            var isUrl = flag is "-routes" or "--routes" or "-cluster" or "--cluster" or "-cluster_listen" or "--cluster_listen"
                or "-s" or "--s" or "-server" or "--server";
            if (!isSecret && !isUrl)
                continue;

            var start = equals + 1;
            if (equals < 0 && ++i == arguments.Count)
                yield break;
            if (isUrl)
            {
                foreach (var userInfo in UserInfosOf(arguments[i], start))
                    yield return (i, userInfo);
            }
            else if (start < arguments[i].Length)
            {
                yield return (i, start..arguments[i].Length);
            }
        }
    }

    /// <summary>A command line with its secrets replaced, as the reference shows its own.</summary>
    /// <param name="arguments">The command line, with or without the program's name.</param>
    public static IReadOnlyList<string> Redact(IReadOnlyList<string> arguments)
    {
        string[] redacted = [.. arguments];

        // From the end, so that the places of those before stay as they are.
        foreach (var (argument, secret) in Find(arguments).Reverse())
            redacted[argument] = string.Concat(redacted[argument].AsSpan(..secret.Start.Value), "[REDACTED]", redacted[argument].AsSpan(secret.End.Value..));
        return redacted;
    }

    // scheme://user:password@host, in a list separated by commas
    private static IEnumerable<Range> UserInfosOf(string urls, int start)
    {
        for (var scheme = urls.IndexOf("//", start, StringComparison.Ordinal); scheme >= 0; scheme = urls.IndexOf("//", scheme + 2, StringComparison.Ordinal))
        {
            var end = urls.AsSpan(scheme + 2).IndexOfAny(',', '/');
            var at = urls.AsSpan(scheme + 2, end < 0 ? urls.Length - scheme - 2 : end).LastIndexOf('@');
            if (at > 0)
                yield return (scheme + 2)..(scheme + 2 + at);
        }
    }
}
