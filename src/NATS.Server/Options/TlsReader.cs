using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// Reads a <c>tls</c> block and the files that it names. Like the reference, a block tells only the first thing that is wrong with it.
/// </summary>
internal static class TlsReader
{
    private const string Failure = "error parsing tls config";

    private static readonly BlockReader<TlsOptions> Keys = new(
        static name => $"{Failure}, unknown field {name}",
        [
            File("cert_file", (t, v) => t with { CertFile = v }),
            File("key_file", (t, v) => t with { KeyFile = v }),
            File("ca_file", (t, v) => t with { CaFile = v }),
            Flag("insecure", (t, v) => t with { Insecure = v }),
            Flag("verify", (t, v) => t with { Verify = v }),
            Flag("verify_and_map", (t, v) => t with { Verify = t.Verify || v, Map = v }),
            new("verify_cert_and_check_known_urls", ReadCheckKnownUrls),
            Flag("allow_insecure_cipher_suites", (t, v) => t with { AllowInsecureCipherSuites = v }),
            new("cipher_suites", ReadCipherSuites),
            new("curve_preferences", ReadCurvePreferences),
            new("timeout", ReadTimeout),
            new("connection_rate_limit", ReadRateLimit),
            new("pinned_certs", ReadPinnedCertificates),
            .. TlsCertificateStore.Readers,
            new("handshake_first first immediate", ReadHandshakeFirst),
            new("certs certificates", ReadCertificates),
            new("min_version", ReadMinVersion),
            new("ocsp_peer", OcspReader.ReadPeer),
        ]);

    /// <summary>Reads the block of a listener for clients.</summary>
    /// <returns>Null after it was said what is wrong.</returns>
    public static TlsOptions? Read(ConfigEntry entry)
    {
        if (!entry.TryMap(out var map)) return null;
        var diagnostics = new OptionsDiagnostics();
        var options = Keys.Read(map, new TlsOptions(), diagnostics);
        entry.Diagnostics.Take(diagnostics, maxErrors: 1);
        if (diagnostics.Errors.Count > 0) return null;
        if (Check(options) is { } contradiction)
        {
            entry.Fail(contradiction);
            return null;
        }

        if (TlsMaterial.TryLoad(options, out var material, out var error)) return options with { Material = material };
        entry.Fail(error);
        return null;
    }

    private static string? Check(TlsOptions options)
    {
        if (options.Certificates.Count > 0 && options.CertFile.Length > 0)
            return $"{Failure}, cannot combine 'cert_file' option with 'certs' option";
        if (options.AllowInsecureCipherSuites) return null;
        var insecure = options.CipherSuites.Where(TlsCipherSuites.IsInsecure).ToArray();
        return insecure.Length == 0
            ? null
            : $"insecure cipher suites configured without 'allow_insecure_cipher_suites' option set: {string.Join(", ", insecure)}";
    }

    private static KeyReader<TlsOptions> File(string name, Func<TlsOptions, string, TlsOptions> set) => new(name, (options, entry) =>
    {
        if (entry.Content is string file) return set(options, file);
        entry.Fail($"{Failure}, expected '{name}' to be filename");
        return options;
    });

    private static KeyReader<TlsOptions> Flag(string name, Func<TlsOptions, bool, TlsOptions> set) => new(name, (options, entry) =>
    {
        if (entry.Content is bool flag) return set(options, flag);
        entry.Fail($"{Failure}, expected '{name}' to be a boolean");
        return options;
    });

    private static TlsOptions ReadCheckKnownUrls(TlsOptions options, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case false:
                return options;
            case true:
                entry.Fail("verify_cert_and_check_known_urls not supported in this context");
                return options;
            default:
                entry.Fail($"{Failure}, expected 'verify_cert_and_check_known_urls' to be a boolean");
                return options;
        }
    }

    private static TlsOptions ReadCipherSuites(TlsOptions options, ConfigEntry entry)
    {
        if (!TryNames(entry, out var names)) return options;
        foreach (var (position, name) in names)
        {
            if (TlsCipherSuites.IsKnown(name)) continue;
            entry.Diagnostics.Error(position, $"unrecognized cipher {name}");
            return options;
        }

        if (names.FirstOrDefault(static item => !TlsCipherSuites.IsSupported(item.Name)) is { Name: { } unsupported } found)
        {
            entry.Diagnostics.Error(found.Position, $"cipher {unsupported} is not available in this server");
            return options;
        }

        return options with { CipherSuites = [.. names.Select(static item => item.Name).Distinct(StringComparer.Ordinal)] };
    }

    /// <summary>
    /// The class library offers no way to choose the curves of one listener, and a choice must not be ignored: only one that asks for all of the
    /// common ones passes.
    /// </summary>
    private static TlsOptions ReadCurvePreferences(TlsOptions options, ConfigEntry entry)
    {
        if (!TryNames(entry, out var names)) return options;
        foreach (var (position, name) in names)
        {
            if (TlsCipherSuites.IsCurve(name)) continue;
            entry.Diagnostics.Error(position, $"unrecognized curve preference {name}");
            return options;
        }

        if (!TlsCipherSuites.IncludeCommonCurves(names.Select(static item => item.Name)))
            entry.Fail("curve_preferences: the curves of this server are those of the system's TLS library and cannot be restricted here");
        return options;
    }

    private static bool TryNames(ConfigEntry entry, out List<(ConfigPosition Position, string Name)> names)
    {
        names = [];
        if (entry.Content is not ConfigArray array)
        {
            entry.Fail($"interface conversion: interface {{}} is {entry.TypeName}, not []interface {{}}");
            return false;
        }

        if (array.Count == 0)
        {
            entry.Fail($"{Failure}, '{entry.Name.ToLowerInvariant()}' cannot be empty");
            return false;
        }

        foreach (var item in array)
        {
            if (!(entry with { Value = item }).TryText(out var name)) return false;
            names.Add((item.Position, name));
        }

        return true;
    }

    private static TlsOptions ReadTimeout(TlsOptions options, ConfigEntry entry)
    {
        const double maxSeconds = 1e9;
        if (!entry.TrySeconds($"{Failure}, 'timeout'", out double seconds)) return options;
        return options with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, -maxSeconds, maxSeconds)) };
    }

    private static TlsOptions ReadRateLimit(TlsOptions options, ConfigEntry entry)
    {
        if (entry.Content is long limit) return options with { ConnectionRateLimit = limit };
        entry.Fail($"{Failure}, 'connection_rate_limit' wrong type");
        return options;
    }

    private static TlsOptions ReadPinnedCertificates(TlsOptions options, ConfigEntry entry)
    {
        const int hexLength = 64;
        if (entry.Content is not ConfigArray array)
        {
            entry.Fail($"{Failure}, expected 'pinned_certs' to be a list of hex-encoded sha256 of DER encoded SubjectPublicKeyInfo");
            return options;
        }

        var pins = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var item in array)
        {
            if (!(entry with { Value = item }).TryText(out var text)) return options;
            var pin = text.ToLowerInvariant();
            if (pin.Length != hexLength || !pin.All(char.IsAsciiHexDigit))
            {
                entry.Diagnostics.Error(item.Position,
                    $"{Failure}, 'pinned_certs' key {pin} does not look like hex-encoded sha256 of DER encoded SubjectPublicKeyInfo");
                return options;
            }

            pins.Add(pin);
        }

        return options with { PinnedCertificates = pins };
    }

    private static TlsOptions ReadHandshakeFirst(TlsOptions options, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case bool first:
                return options with { HandshakeFirst = first };
            case string text:
                switch (text.ToLowerInvariant())
                {
                    case "true" or "on":
                        return options with { HandshakeFirst = true };
                    case "false" or "off":
                        return options with { HandshakeFirst = false };
                    case "auto" or "auto_fallback":
                        return options with { HandshakeFirst = true, HandshakeFirstFallback = TlsOptions.DefaultFallbackDelay };
                }

                if (GoDuration.TryParse(text, out var delay, out _)) return options with { HandshakeFirst = true, HandshakeFirstFallback = delay };
                entry.Fail($"field {GoFormat.Quote(entry.Name)}'s value {GoFormat.Quote(text)} is invalid");
                return options;
            default:
                entry.Fail($"field {GoFormat.Quote(entry.Name)} should be a boolean or a string, got {entry.TypeName}");
                return options;
        }
    }

    private static TlsOptions ReadCertificates(TlsOptions options, ConfigEntry entry)
    {
        const string failure = "error parsing certificates config";
        if (entry.Content is not ConfigArray array)
        {
            // The type that the reference names here is always that of the whole block.
            entry.Fail($"{failure}: unsupported type map[string]interface {{}}");
            return options;
        }

        var pairs = new List<TlsCertificateFiles>();
        foreach (var item in array)
        {
            if (item.Content is not ConfigMap map)
            {
                entry.Diagnostics.Error(item.Position, $"{failure}: unsupported type {ConfigValue.TypeName(item.Content)}");
                return options;
            }

            string certFile = "", keyFile = "";
            foreach (var (name, value) in map)
            {
                if (value.Content is not string file)
                {
                    entry.Diagnostics.Error(value.Position, $"{failure}: unsupported type {ConfigValue.TypeName(value.Content)}");
                    return options;
                }

                switch (name)
                {
                    case "cert_file":
                        certFile = file;
                        break;
                    case "key_file":
                        keyFile = file;
                        break;
                    default:
                        entry.Diagnostics.Error(value.Position, $"error parsing tls certs config, unknown field {GoFormat.Quote(name)}");
                        return options;
                }
            }

            if (certFile.Length == 0 || keyFile.Length == 0)
            {
                // The reference's position is that of the field it looked at last.
                var position = map.Count > 0 ? map.Last().Value.Position : item.Position;
                entry.Diagnostics.Error(position, $"{failure}: both 'cert_file' and 'cert_key' options are required");
                return options;
            }

            pairs.Add(new TlsCertificateFiles(certFile, keyFile));
        }

        return options with { Certificates = pairs };
    }

    private static TlsOptions ReadMinVersion(TlsOptions options, ConfigEntry entry)
    {
        if (entry.Content is not string text)
        {
            entry.Fail(string.Create(CultureInfo.InvariantCulture, $"{Failure}: 'min_version' wrong type: {GoFormat.Value(entry.Content)}"));
            return options;
        }

        switch (text)
        {
            case "1.2":
                return options with { MinVersion = TlsVersion.Tls12 };
            case "1.3":
                return options with { MinVersion = TlsVersion.Tls13 };
            case "1.0" or "1.1":
                entry.Fail($"{Failure}: unsupported TLS version: TLS {text}");
                return options;
            default:
                entry.Fail($"{Failure}: unknown version: {text}");
                return options;
        }
    }
}
