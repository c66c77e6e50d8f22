using System.Buffers.Text;
using System.Globalization;
using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Storage;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Owned by one test. Our store at work on a directory of the reference, until it is stopped or ends as if killed.</summary>
internal sealed class OurWork : IStreamWork, IStoreListener, IDisposable
{
    private readonly SystemDisk _disk = new();
    private readonly List<string> _damage = [];
    private readonly FileStoreOptions _options;

    public OurWork(TemporaryFolder folder, StoreVariant variant, StreamSetup setup, StoreVariant? previous = null)
    {
        _options = new FileStoreOptions
        {
            Disk = _disk,
            Directory = Path.Combine(folder.Path, "jetstream", "$G", "streams", "S"),
            Name = "S",
            BlockSize = setup.BlockSizeFor(variant),
            Keys = variant.Cipher is null ? null : new StoreKeys(variant.ServerKey, "$G"),
            PreviousKeys = previous is null ? null : new StoreKeys(previous.ServerKey, "$G"),
            Cipher = variant.Cipher ?? StoreCipher.ChaCha,
            Random = SecureRandom.Instance,
        };
        Store = FileStore.Open(_options, setup.LimitsFor(variant), this, NowNs);
    }

    public MessageStore Store { get; }

    /// <summary>What it reported.</summary>
    public IReadOnlyList<string> Damage => _damage;

    private static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    /// <summary>What whoever keeps the metadata does when the key or cipher is another.</summary>
    public void ConvertMetadata()
    {
        var encryption = new AssetEncryption { Keys = _options.Keys, PreviousKeys = _options.PreviousKeys, Cipher = _options.Cipher, Random = _options.Random };
        List<StoreFinding> findings = [];
        using AssetMetadata metadata = AssetMetadata.Read(_disk, _options.Directory, new AssetIdentity("S"), encryption, findings);
        metadata.Convert();
        Assert.NotNull(metadata.Content);
        Assert.False(metadata.NeedsConversion);
    }

    public Task PublishAsync(IReadOnlyList<(string Subject, string Headers, string Payload)> messages)
    {
        foreach ((string subject, string headers, string payload) in messages)
        {
            byte[] head = Encoding.Latin1.GetBytes(headers);
            bool hasTtl = MessageHeaders.TryGet(head, "Nats-TTL"u8, out ReadOnlySpan<byte> ttl);
            var message = new NewMessage
            {
                Subject = Encoding.Latin1.GetBytes(subject),
                Headers = head,
                Payload = Encoding.Latin1.GetBytes(payload),
                TimestampNs = NowNs,
                TtlSeconds = hasTtl && Utf8Parser.TryParse(ttl, out long seconds, out _) ? seconds : 0,
            };
            Assert.Equal(StoreResult.Ok, Store.Append(message, out _));
        }

        Assert.Equal(StoreResult.Ok, Store.Flush());
        return Task.CompletedTask;
    }

    public Task DeleteAsync(ulong sequence, bool erase)
    {
        Assert.Equal(StoreResult.Ok, erase ? Store.Erase(sequence, new Random((int)sequence)) : Store.Remove(sequence));
        Assert.Equal(StoreResult.Ok, Store.Flush());
        return Task.CompletedTask;
    }

    public Task PurgeAsync(string filter, ulong before, ulong keep)
    {
        StoreResult result = filter.Length == 0 && before == 0 && keep == 0
            ? Store.Purge(out _)
            : Store.Purge(MessageFilter.Of(Encoding.Latin1.GetBytes(filter)), before, keep, out _);
        Assert.Equal(StoreResult.Ok, result);
        Assert.Equal(StoreResult.Ok, Store.Flush());
        return Task.CompletedTask;
    }

    public Task<StoreContents> ReadAsync() => Task.FromResult(StoreContents.Of(Store));

    /// <summary>Ends it cleanly.</summary>
    public void Stop() => Store.Stop(NowNs);

    /// <summary>Ends it as a kill would.</summary>
    public void Dispose()
    {
        Store.Dispose();
        _disk.Dispose();
    }

    void IStoreListener.Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes)
    {
    }

    void IStoreListener.Purged(ulong messages, ulong bytes)
    {
    }

    void IStoreListener.MarkerDue(ulong sequence, ReadOnlySpan<byte> subject)
    {
    }

    void IStoreListener.Damaged(string what) => _damage.Add(string.Create(CultureInfo.InvariantCulture, $"{what}"));
}
