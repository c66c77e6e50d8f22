using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Api;

/// <summary>Pure. What the reference says of a store that refuses.</summary>
internal static class StoreTexts
{
    public static string Of(StoreResult result) => result switch
    {
        StoreResult.NotFound => "no message found",
        StoreResult.EndOfStream => "stream store EOF",
        StoreResult.Closed => "store is closed",
        StoreResult.DiskFull => "no space left on device",
        StoreResult.Invalid => "invalid purge request",
        _ => "the disk failed",
    };
}
