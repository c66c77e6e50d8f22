using System.Net.Security;

namespace NATS.Server.Options;

/// <summary>The cipher suites and curves that a configuration may name. Immutable.</summary>
internal static class TlsCipherSuites
{
    private static readonly Dictionary<string, (TlsCipherSuite Suite, Kind Kind)> Suites = new(StringComparer.Ordinal)
    {
        ["TLS_AES_128_GCM_SHA256"] = (TlsCipherSuite.TLS_AES_128_GCM_SHA256, Kind.Secure),
        ["TLS_AES_256_GCM_SHA384"] = (TlsCipherSuite.TLS_AES_256_GCM_SHA384, Kind.Secure),
        ["TLS_CHACHA20_POLY1305_SHA256"] = (TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, Kind.Secure),
        ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"] = (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, Kind.Secure),
        ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"] = (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, Kind.Secure),
        ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, Kind.Secure),
        ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, Kind.Secure),
        ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] = (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Kind.Secure),
        ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] = (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, Kind.Secure),
        ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, Kind.Secure),
        ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, Kind.Secure),
        ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, Kind.Secure),
        ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"] = (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, Kind.Secure),
        ["TLS_RSA_WITH_AES_128_CBC_SHA"] = (TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA, Kind.Insecure),
        ["TLS_RSA_WITH_AES_256_CBC_SHA"] = (TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA, Kind.Insecure),
        ["TLS_RSA_WITH_AES_128_CBC_SHA256"] = (TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA256, Kind.Insecure),
        ["TLS_RSA_WITH_AES_128_GCM_SHA256"] = (TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256, Kind.Insecure),
        ["TLS_RSA_WITH_AES_256_GCM_SHA384"] = (TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384, Kind.Insecure),
        ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"] = (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, Kind.Insecure),
        ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, Kind.Insecure),

        // Broken long ago; no TLS library in use is built with them.
        ["TLS_RSA_WITH_RC4_128_SHA"] = (TlsCipherSuite.TLS_RSA_WITH_RC4_128_SHA, Kind.Gone),
        ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"] = (TlsCipherSuite.TLS_RSA_WITH_3DES_EDE_CBC_SHA, Kind.Gone),
        ["TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"] = (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, Kind.Gone),
        ["TLS_ECDHE_RSA_WITH_RC4_128_SHA"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_RC4_128_SHA, Kind.Gone),
        ["TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"] = (TlsCipherSuite.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, Kind.Gone),
    };

    private static readonly string[] CommonCurves = ["X25519", "CurveP256", "CurveP384", "CurveP521"];
    private static readonly string[] HybridCurves = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"];

    private enum Kind : byte
    {
        Secure,
        Insecure,
        Gone,
    }

    public static bool IsKnown(string name) => Suites.ContainsKey(name);

    public static bool IsInsecure(string name) => Suites[name].Kind != Kind.Secure;

    /// <summary>Whether a known suite can be used at all.</summary>
    public static bool IsSupported(string name) => Suites[name].Kind != Kind.Gone;

    public static TlsCipherSuite Get(string name) => Suites[name].Suite;

    /// <summary>The suites of TLS 1.3, which no configuration restricts.</summary>
    public static IReadOnlyList<TlsCipherSuite> Tls13 { get; } =
        [TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256];

    public static bool IsCurve(string name) => CommonCurves.Contains(name) || HybridCurves.Contains(name);

    /// <summary>Whether a choice of curves leaves out none that peers commonly use.</summary>
    public static bool IncludeCommonCurves(IEnumerable<string> names) => !CommonCurves.Except(names, StringComparer.Ordinal).Any();
}
