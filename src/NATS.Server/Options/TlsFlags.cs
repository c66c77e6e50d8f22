namespace NATS.Server.Options;

/// <summary>The flags <c>--tls…</c>. They replace the certificates of a file's block; how connections begin stays as the block says.</summary>
internal static class TlsFlags
{
    /// <summary>Lays the flags over the options of a file.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="fromFile">The block of the file, or null.</param>
    /// <param name="errors">Receives what is wrong, in the reference's words.</param>
    /// <returns>Null: no TLS.</returns>
    public static TlsOptions? Apply(FlagOverrides flags, TlsOptions? fromFile, OptionsDiagnostics errors)
    {
        if (flags.Tls is false) return null;
        if (flags.Tls is null && flags.TlsCert is null && flags.TlsKey is null && flags.TlsVerify is null && flags.TlsCaCert is null) return fromFile;
        if (flags.TlsCert is not { Length: > 0 })
        {
            errors.Error("TLS Server certificate must be present and valid");
            return fromFile;
        }

        if (flags.TlsKey is not { Length: > 0 })
        {
            errors.Error("TLS Server private key must be present and valid");
            return fromFile;
        }

        var options = (fromFile ?? new TlsOptions()) with
        {
            CertFile = flags.TlsCert,
            KeyFile = flags.TlsKey,
            CaFile = flags.TlsCaCert ?? "",
            Certificates = [],
            Verify = flags.TlsVerify ?? false,
            Insecure = false,
            CipherSuites = [],
            MinVersion = TlsVersion.Tls12,
        };
        if (TlsMaterial.TryLoad(options, out var material, out var error)) return options with { Material = material };
        errors.Error(error);
        return fromFile;
    }
}
