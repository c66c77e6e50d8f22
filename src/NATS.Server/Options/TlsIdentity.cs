namespace NATS.Server.Options;

/// <summary>What of a <c>tls</c> block makes a listener another one: compared by content. Immutable.</summary>
/// <param name="Material">What the files hold.</param>
/// <param name="Verify">Clients need certificates.</param>
/// <param name="Insecure">Others are not verified.</param>
/// <param name="CipherSuites">Their names.</param>
/// <param name="MinVersion">The lowest version.</param>
/// <param name="OcspPeer">How certificates are checked for revocation.</param>
internal sealed record TlsIdentity(TlsMaterial? Material, bool Verify, bool Insecure, string CipherSuites, TlsVersion MinVersion, OcspPeerOptions? OcspPeer)
{
    private static readonly TlsIdentity None = new(null, Verify: false, Insecure: false, "none", TlsVersion.Tls12, null);

    public static TlsIdentity Of(TlsOptions? options) => options is null
        ? None
        : new TlsIdentity(options.Material, options.Verify, options.Insecure, string.Join(' ', options.CipherSuites), options.MinVersion, options.OcspPeer);
}
