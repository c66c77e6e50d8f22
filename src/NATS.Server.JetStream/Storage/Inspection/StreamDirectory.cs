namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>A stream that was found. Immutable.</summary>
/// <param name="Account">To which it belongs: the keys are bound to it.</param>
/// <param name="Name">Of the stream: checksums and keys are bound to it.</param>
/// <param name="Directory">Where it is.</param>
public sealed record StreamDirectory(string Account, string Name, string Directory)
{
    public override string ToString() => $"{Account}/{Name}";
}
