namespace NATS.Server.Options;

/// <summary>
/// The keys that take certificates out of the certificate store of Windows. Everywhere else they are read, and refused with the reference's words;
/// this server refuses them on Windows too.
/// </summary>
internal static class TlsCertificateStore
{
    private const string StoreText = "expected 'cert_store' to be a valid non-empty string";

    public static IEnumerable<KeyReader<TlsOptions>> Readers { get; } =
    [
        new("cert_store", ReadStore),
        Text("cert_match_by", "expected 'cert_match_by' to be a valid non-empty string",
            static text => text.ToLowerInvariant() is "subject" or "issuer" or "thumbprint" ? null : "cert match by type not implemented"),
        Text("cert_match", "expected 'cert_match' to be a valid non-empty string", static _ => null),
        new("ca_certs_match", ReadCaCertificatesMatch),
        new("cert_match_skip_invalid", static (options, entry) =>
        {
            if (entry.Content is not bool) entry.Fail("expected 'cert_match_skip_invalid' to be a boolean");
            return options;
        }),
    ];

    private static TlsOptions ReadStore(TlsOptions options, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case string text when text.ToLowerInvariant() is "windowscurrentuser" or "windowslocalmachine":
                entry.Fail("cert_store not compatible with current operating system");
                return options;
            case string and not "":
                entry.Fail("cert store type not implemented");
                return options;
            default:
                entry.Fail(StoreText);
                return options;
        }
    }

    private static TlsOptions ReadCaCertificatesMatch(TlsOptions options, ConfigEntry entry)
    {
        if (entry.Content is not Core.Config.ConfigArray array) return options;
        foreach (var item in array)
        {
            if (item.Content is string) continue;
            // The type that the reference names here is that of its own wrapper, whatever the value is.
            entry.Fail("error parsing ca_cert_match: unsupported type *conf.token where string is expected");
            return options;
        }

        return options;
    }

    private static KeyReader<TlsOptions> Text(string name, string failure, Func<string, string?> check) => new(name, (options, entry) =>
    {
        if (entry.Content is not string { Length: > 0 } text) entry.Fail(failure);
        else if (check(text) is { } error) entry.Fail(error);
        return options;
    });
}
