namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Who sent a pull request.</summary>
/// <param name="reply">Where messages and statuses go; copied.</param>
/// <param name="owner">Given back with the waiting request.</param>
/// <param name="isImported">The request came through an import, so that the reply is not what the client listens to.</param>
public readonly ref struct PullClient(ReadOnlySpan<byte> reply, object? owner = null, bool isImported = false)
{
    public ReadOnlySpan<byte> Reply { get; } = reply;

    public object? Owner { get; } = owner;

    public bool IsImported { get; } = isImported;
}
