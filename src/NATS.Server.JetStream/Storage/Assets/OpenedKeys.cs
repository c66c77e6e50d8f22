using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>Owned by one user at a time. The keys with which what belongs to an asset may be encrypted.</summary>
public sealed class OpenedKeys : IDisposable
{
    internal OpenedKeys(AssetKey current, AssetKey? next, bool isAsConfigured)
    {
        Current = current;
        Next = next;
        IsAsConfigured = isAsConfigured;
    }

    /// <summary>That of the key file.</summary>
    public AssetKey Current { get; }

    /// <summary>That of the twin, when it is another: a conversion to it was begun and not finished.</summary>
    public AssetKey? Next { get; }

    /// <summary>Whether <see cref="Current"/> is sealed with the configured key and cipher. Else all is to be converted.</summary>
    public bool IsAsConfigured { get; }

    public void Dispose()
    {
        Current.Dispose();
        Next?.Dispose();
    }
}
