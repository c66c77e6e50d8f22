namespace NATS.Server.Core.Security;

/// <summary>Whose key it is: the first letter of the public text.</summary>
public enum NkeyRole : byte
{
    /// <summary>No key.</summary>
    None = 0,

    Account = (byte)'A',
    Cluster = (byte)'C',
    Server = (byte)'N',
    Operator = (byte)'O',
    User = (byte)'U',

    /// <summary>A key for encryption (X25519); all others sign (Ed25519).</summary>
    Curve = (byte)'X',
}
