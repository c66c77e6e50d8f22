namespace NATS.Server.Bench.Cases;

/// <summary>Server configurations in which clients without credentials are a user of an account. Pure.</summary>
internal static class AccountConfigurations
{
    /// <summary>What <see cref="Mappings"/> maps to the subject of the subscribers.</summary>
    public const string MappedSubject = "in.a";

    /// <summary>A user of the account that imports, in <see cref="Import"/>.</summary>
    public const string ImportingUser = "other";

    private const int Entries = 100;

    public static string Plain => Configure(Account("BENCH", "bench"));

    /// <summary>Lists of which the subject in use is the last that is allowed.</summary>
    public static string Permissions => Configure(Account("BENCH", "bench", $"permissions: {{ publish: {Lists}, subscribe: {Lists} }}"));

    /// <summary>Mappings of which the one in use is the last.</summary>
    public static string Mappings
    {
        get
        {
            var others = Enumerable.Range(0, Entries).Select(static i => $"\"mapped{i}.*\": \"target{i}.$1\"");
            return Configure(Account("BENCH", "bench") + $"mappings: {{ {string.Join(", ", others)}, \"in.*\": \"bench.$1\" }}");
        }
    }

    public static string Import => Configure(
        Account("BENCH", "bench") + "exports: [ { stream: \"bench.>\" } ]",
        Account("OTHER", ImportingUser) + "imports: [ { stream: { account: BENCH, subject: \"bench.>\" } } ]");

    private static string Lists
    {
        get
        {
            var allowed = Enumerable.Range(1, Entries - 1).Select(static i => $"\"allowed{i}.>\"");
            var denied = Enumerable.Range(1, Entries).Select(static i => $"\"bench.denied{i}\"");
            return $"{{ allow: [ {string.Join(", ", allowed)}, \"bench.*\" ], deny: [ {string.Join(", ", denied)} ] }}";
        }
    }

    private static string Account(string name, string user, string more = "") => $"{name}: {{ users: [ {{ user: {user}, password: {user}\n{more} }} ]\n";

    private static string Configure(params string[] accounts) => $"accounts {{\n{string.Concat(accounts.Select(static account => account + " }\n"))}}}\nno_auth_user: bench\n";
}
