using NATS.Server.Core.Security;
using NATS.Server.Host.Explain;
using Xunit;

namespace NATS.Server.UnitTests.Host.Explain;

public sealed class NatsLoginTests
{
    private static readonly NkeyPair Key = NkeyPair.Create(NkeyRole.User, new byte[NkeyPair.SeedSize]);

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Credentials_hold_a_token_and_a_seed(string lineEnd)
    {
        string file = string.Join(lineEnd, "-----BEGIN NATS USER JWT-----", "aaa.bbb.ccc", "------END NATS USER JWT------", "", "-----BEGIN USER NKEY SEED-----", Seed(Key), "------END USER NKEY SEED------", "");

        NatsLogin login = NatsLogin.Read(new LoginSource { CredentialsFile = "f" }, path => path == "f" ? file : "");

        Assert.Equal(("aaa.bbb.ccc", Key.PublicKey), (login.Jwt, login.Key!.PublicKey));
        Assert.False(login.IsNobody);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("  *  \n")]
    [InlineData("# mine\n-----BEGIN USER NKEY SEED-----\n*\n------END USER NKEY SEED------\n")]
    public void A_seed_stands_alone_or_between_dashes(string file)
    {
        NatsLogin login = NatsLogin.Read(new LoginSource { NkeyFile = "f" }, _ => file.Replace("*", Seed(Key), StringComparison.Ordinal));

        Assert.Equal(("", Key.PublicKey), (login.Jwt, login.Key!.PublicKey));
    }

    [Fact]
    public void Files_that_hold_something_else_are_named()
    {
        string account = Seed(NkeyPair.Create(NkeyRole.Account, new byte[NkeyPair.SeedSize]));

        Assert.Equal("f: no seed of a user, which begins with SU", Problem(new LoginSource { NkeyFile = "f" }, ""));
        Assert.Equal("f: no seed of a user, which begins with SU", Problem(new LoginSource { NkeyFile = "f" }, account));
        Assert.Equal("f: no seed of a user, which begins with SU", Problem(new LoginSource { CredentialsFile = "f" }, "-----BEGIN-----\naaa.bbb.ccc\n------END------\n"));
        Assert.Equal("f: no JWT of a user between lines of dashes", Problem(new LoginSource { CredentialsFile = "f" }, Seed(Key)));
        Assert.Equal("f: no JWT of a user between lines of dashes", Problem(new LoginSource { CredentialsFile = "f" }, ""));
    }

    [Fact]
    public void Nobody_shows_a_password()
    {
        Assert.Equal(("somebody", "nobody"), (new NatsLogin { User = "u", Password = "secret" }.ToString(), NatsLogin.None.ToString()));
        Assert.DoesNotContain("secret", new LoginSource { User = "u", Password = "secret" }.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", new AskedServer(new ServerAddress("h", 1, IsTls: false), new LoginSource { Token = "secret" }).ToString(), StringComparison.Ordinal);
    }

    private static string Problem(LoginSource source, string file)
    {
        ExplainException problem = Assert.Throws<ExplainException>(() => NatsLogin.Read(source, _ => file));
        Assert.Equal(ExplainExit.BadArguments, problem.ExitCode);
        return problem.Message;
    }

    private static string Seed(NkeyPair pair)
    {
        char[] seed = new char[NkeyPair.SeedTextLength];
        pair.ExportSeed(seed);
        return new string(seed);
    }
}
