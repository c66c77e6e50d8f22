namespace NATS.Server.Core.Jwt;

/// <summary>The permit of an exporting account for one importing account, which is the subject. Immutable.</summary>
public sealed record ActivationClaims : ClaimSet
{
    public override ClaimKind Kind => ClaimKind.Activation;

    public string ImportSubject { get; init; } = "";

    public ExportKind ImportKind { get; init; }

    /// <summary>The account, when one of its signing keys signed; otherwise empty.</summary>
    public string IssuerAccount { get; init; } = "";
}
