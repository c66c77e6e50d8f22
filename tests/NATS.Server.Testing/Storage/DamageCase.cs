namespace NATS.Server.Testing.Storage;

/// <summary>What is done to a file.</summary>
public enum DamageKind
{
    /// <summary>One bit is turned round.</summary>
    Flip,

    /// <summary>The file ends at a byte.</summary>
    Cut,

    /// <summary>The file is gone.</summary>
    Delete,
}

/// <summary>One damage to one file of a store.</summary>
/// <param name="File">Its path.</param>
/// <param name="Kind">What happens to it.</param>
/// <param name="At">The bit, or the byte at which it is cut.</param>
public readonly record struct DamageCase(string File, DamageKind Kind, int At);
