using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class OcspReaderTests
{
    [Fact]
    public void Every_key_has_its_option()
    {
        OcspPeerOptions peer = Peer("""
            ocsp_peer {
              verify: true, allowed_clockskew: "10s", ca_timeout: 1.5, cache_ttl_when_next_update_unset: 60
              warn_only: true, unknown_is_good: true, allow_when_ca_unreachable: true
            }
            """)!;
        Assert.Equal(
            new OcspPeerOptions
            {
                Verify = true,
                AllowedClockSkew = TimeSpan.FromSeconds(10),
                CaTimeout = TimeSpan.FromSeconds(1.5),
                CacheTtlWhenNextUpdateUnset = TimeSpan.FromMinutes(1),
                WarnOnly = true,
                UnknownIsGood = true,
                AllowWhenCaUnreachable = true,
            },
            peer);
    }

    [Fact]
    public void The_short_form_has_the_defaults()
    {
        Assert.Equal(new OcspPeerOptions { Verify = true }, Peer("ocsp_peer: true"));
        Assert.Equal(new OcspPeerOptions(), Peer("ocsp_peer: false"));
        Assert.Equal(new OcspPeerOptions(), Peer("ocsp_peer { ca_timeout: -1, allowed_clockskew: \"-5s\" }"));
        Assert.Null(Peer(""));
        var defaults = new OcspPeerOptions();
        Assert.Equal(
            (TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2), TimeSpan.FromHours(1)),
            (defaults.AllowedClockSkew, defaults.CaTimeout, defaults.CacheTtlWhenNextUpdateUnset));
    }

    [Fact]
    public void Answers_are_kept_in_memory_or_not_at_all()
    {
        Assert.Equal(OcspCacheKind.Memory, Read("port: 4222").OcspCache);
        Assert.Equal(OcspCacheKind.None, Read("ocsp_cache: false").OcspCache);
        Assert.Equal(OcspCacheKind.None, Read("ocsp_cache { type: None, local_store: x }").OcspCache);
        Assert.Equal("1:0: field \"ocsp_cache\": the OCSP cache on disk is not built yet", Error("ocsp_cache { preserve_revoked: true }"));
    }

    [Fact]
    public void An_account_resolver_is_not_checked() =>
        Assert.Contains("ocsp_peer\": checking an account resolver by OCSP is not built yet", Error("resolver_tls { ocsp_peer: true }"), StringComparison.Ordinal);

    private static OcspPeerOptions? Peer(string block) => Read($"tls {{ verify: true\n{block}\n}}").Tls!.OcspPeer;
}
