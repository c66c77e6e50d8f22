namespace NATS.Server.UnitTests.Subjects;

/// <summary>The rules of subject matching in the plainest words, as the model that the fast structures are tested against.</summary>
internal static class SlowMatch
{
    public static bool Matches(string literal, string filter)
    {
        string[] tokens = literal.Split('.');
        string[] wanted = filter.Split('.');
        for (int i = 0; i < wanted.Length; i++)
        {
            if (i == tokens.Length) return false;
            if (wanted[i] == ">") return true;
            if (wanted[i] != "*" && wanted[i] != tokens[i]) return false;
        }

        return tokens.Length == wanted.Length;
    }
}
