using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using NATS.Server.Connections.Tls.Ocsp;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Tls;

public sealed class OcspResponseTests(OcspResponseTests.Authorities authorities) : IClassFixture<OcspResponseTests.Authorities>
{
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private OcspAuthority Authority => authorities.Authority;

    private X509Certificate2 Client => authorities.Client.Certificate;

    [Theory]
    [InlineData(0, "good")]
    [InlineData(1, "revoked")]
    [InlineData(2, "unknown")]
    public void An_answer_of_the_issuer_says_what_the_certificate_is(int status, string expected)
    {
        foreach (bool sha256 in (bool[])[false, true])
        {
            var shape = new OcspAnswerShape { Status = status, UsesSha256 = sha256 };
            OcspAnswer answer = Accepted(Authority.Answer(Client, shape));
            Assert.Equal(expected, answer.StatusText);
            Assert.True((shape.ThisUpdate - answer.ThisUpdate).Duration() < TimeSpan.FromSeconds(1));
            Assert.True((shape.NextUpdate!.Value - answer.NextUpdate!.Value).Duration() < TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void An_answer_may_leave_out_when_the_next_comes() =>
        Assert.Null(Accepted(Authority.Answer(Client, new OcspAnswerShape { NextUpdate = null })).NextUpdate);

    [Fact]
    public void Authorities_with_rsa_keys_can_answer_too()
    {
        using var authority = new OcspAuthority(isRsa: true);
        X509Certificate2 client = authority.Issue("rsa client").Certificate;
        Assert.Equal(OcspProblem.None, Read(authority.Answer(client, new OcspAnswerShape { Status = 1 }), client, authority.Certificate, out OcspAnswer? answer, out _));
        Assert.Equal(OcspStatus.Revoked, answer!.Status);
        Assert.Equal(
            OcspProblem.Invalid, Read(authority.Answer(client, new OcspAnswerShape { Status = 1, IsForged = true }), client, authority.Certificate, out _, out _));
    }

    [Fact]
    public void The_issuer_may_have_made_a_certificate_for_answering()
    {
        Assert.Equal("revoked", Accepted(Authority.Answer(Client, new OcspAnswerShape { Status = 1, Signer = Authority.Delegate })).StatusText);
        Assert.Equal("good", Accepted(Authority.Answer(Client, new OcspAnswerShape { Signer = Authority.Certificate })).StatusText);
    }

    [Fact]
    public void Another_certificate_of_the_issuer_may_not_answer()
    {
        Assert.Equal(OcspProblem.Delegation, Read(Authority.Answer(Client, new OcspAnswerShape { Signer = Authority.Issue("no delegate").Certificate }), out _));
        X509Certificate2 expired = Authority.Issue("old delegate", usage: "1.3.6.1.5.5.7.3.9", until: DateTimeOffset.UtcNow.AddMinutes(-5)).Certificate;
        Assert.Equal(OcspProblem.Delegation, Read(Authority.Answer(Client, new OcspAnswerShape { Signer = expired }), out _));
    }

    [Fact]
    public void Nobody_else_may_answer()
    {
        using var other = new OcspAuthority();
        foreach (X509Certificate2 signer in (X509Certificate2[])[other.Certificate, other.Delegate])
        {
            Assert.Equal(OcspProblem.Invalid, Read(Authority.Answer(Client, new OcspAnswerShape { Signer = signer }), out string reason));
            Assert.Equal("bad OCSP signature", reason);
        }

        Assert.Equal(OcspProblem.Invalid, Read(other.Answer(Client, new OcspAnswerShape()), out _));
        Assert.Equal(OcspProblem.Invalid, Read(Authority.Answer(Client, new OcspAnswerShape { Status = 1, IsForged = true }), out _));
    }

    [Fact]
    public void An_answer_about_another_certificate_does_not_count()
    {
        Assert.Equal(OcspProblem.Invalid, Read(Authority.Answer(Authority.Server.Certificate, new OcspAnswerShape()), out string reason));
        Assert.Equal("OCSP response contains bad number of responses", reason);
        Assert.Equal(OcspProblem.Invalid, Read(Authority.Answer(Client, new OcspAnswerShape { Copies = 2 }), out _));
        Assert.Equal(OcspProblem.Invalid, Read(Authority.Answer(Client, new OcspAnswerShape { Copies = 0 }), out _));
    }

    [Fact]
    public void A_critical_extension_makes_an_answer_useless() =>
        Assert.Equal(OcspProblem.Invalid, Read(Authority.Answer(Client, new OcspAnswerShape { HasCriticalExtension = true }), out _));

    [Theory]
    [InlineData(1, "ocsp: error from server: malformed")]
    [InlineData(2, "ocsp: error from server: internal error")]
    [InlineData(3, "ocsp: error from server: try later")]
    [InlineData(5, "ocsp: error from server: signature required")]
    [InlineData(6, "ocsp: error from server: unauthorized")]
    [InlineData(99, "ocsp: error from server: unknown OCSP status")]
    public void Failures_of_a_responder_are_told(byte code, string expected)
    {
        Assert.Equal(OcspProblem.Invalid, Read(OcspAuthority.Failure(code), out string reason));
        Assert.Equal(expected, reason);
    }

    [Fact]
    public void Damage_of_any_byte_is_refused_and_never_throws()
    {
        byte[] whole = Authority.Answer(Client, new OcspAnswerShape { Status = 1, Signer = Authority.Delegate });
        for (int length = 0; length < whole.Length; length++) Assert.NotEqual(OcspProblem.None, Read(whole[..length], out _));
        Assert.NotEqual(OcspProblem.None, Read([.. whole, 0], out _));
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x41;
            if (Read(damaged, Client, Authority.Certificate, out OcspAnswer? answer, out _) == OcspProblem.None)
                Assert.Equal(OcspStatus.Revoked, answer!.Status); // of what is not signed, some bytes say nothing
        }

        Assert.NotEqual(OcspProblem.None, Read(new byte[OcspResponse.MaxSize + 1], out string reason));
        Assert.Equal("OCSP response is too long", reason);
        Assert.NotEqual(OcspProblem.None, Read(OcspAuthority.Wrap([5, 0], "1.2.3"), out reason));
        Assert.Equal("bad OCSP response type", reason);
    }

    [Fact]
    public void A_request_names_the_certificate_and_its_issuer()
    {
        byte[] request = new OcspCertId(Client, Authority.Certificate).CreateRequest();
        var id = new AsnReader(request, AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadSequence().ReadSequence();
        Assert.True(new OcspCertId(Client, Authority.Certificate).IsNamedBy(id.ReadSequence()));
        id = new AsnReader(request, AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadSequence().ReadSequence();
        Assert.False(new OcspCertId(Authority.Server.Certificate, Authority.Certificate).IsNamedBy(id.ReadSequence()));
    }

    [Theory]
    [InlineData(-60, 60, true)]
    [InlineData(-60, -29, true)]
    [InlineData(-60, -31, false)]
    [InlineData(29, 60, true)]
    [InlineData(31, 60, false)]
    [InlineData(-3629, null, true)]
    [InlineData(-3631, null, false)]
    public void An_answer_counts_for_its_time_and_a_little_longer(int thisUpdate, int? nextUpdate, bool expected)
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(50);
        var answer = new OcspAnswer(OcspStatus.Good, now.AddSeconds(thisUpdate), nextUpdate is { } next ? now.AddSeconds(next) : null);
        Assert.Equal(expected, answer.IsCurrent(now, Skew, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void The_cache_is_bounded_and_keeps_revocations()
    {
        var cache = new OcspCache(capacity: 2);
        var good = new OcspAnswer(OcspStatus.Good, DateTimeOffset.UnixEpoch, null);
        cache.Put("a", good);
        cache.Put("b", good with { Status = OcspStatus.Revoked });
        Assert.NotNull(cache.Find("a"));
        cache.Put("c", good);
        Assert.Equal(2, cache.Count);
        Assert.Null(cache.Find("b"));
        cache.Put("c", good with { Status = OcspStatus.Revoked });
        cache.Expire("c");
        cache.Expire("a");
        cache.Expire("nobody");
        Assert.Equal(OcspStatus.Revoked, cache.Find("c")!.Status);
        Assert.Null(cache.Find("a"));
        Assert.Equal(1, cache.Count);
    }

    private OcspAnswer Accepted(byte[] bytes)
    {
        Assert.Equal(OcspProblem.None, Read(bytes, Client, Authority.Certificate, out OcspAnswer? answer, out string reason));
        Assert.Equal("", reason);
        return answer!;
    }

    private OcspProblem Read(byte[] bytes, out string reason)
    {
        OcspProblem problem = Read(bytes, Client, Authority.Certificate, out OcspAnswer? answer, out reason);
        Assert.Equal(problem == OcspProblem.None, answer is not null);
        return problem;
    }

    private static OcspProblem Read(byte[] bytes, X509Certificate2 certificate, X509Certificate2 issuer, out OcspAnswer? answer, out string reason) =>
        OcspResponse.TryRead(bytes, certificate, issuer, DateTimeOffset.UtcNow, Skew, out answer, out reason);

    public sealed class Authorities : IDisposable
    {
        public Authorities() => Client = Authority.Issue("client");

        public OcspAuthority Authority { get; } = new();

        public IssuedCertificate Client { get; }

        public void Dispose() => Authority.Dispose();
    }
}
