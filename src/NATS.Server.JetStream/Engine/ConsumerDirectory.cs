using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using NATS.Server.JetStream.Consumers;

namespace NATS.Server.JetStream.Engine;

/// <summary>Thread-safe. The consumers of an account by <c>STREAM.CONSUMER</c>, as that stands in subjects of clients: found without allocating.</summary>
internal sealed class ConsumerDirectory
{
    private readonly ConcurrentDictionary<byte[], Consumer> _consumers = new(KeyComparer.Instance);
    private readonly ConcurrentDictionary<byte[], Consumer>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public ConsumerDirectory() => _lookup = _consumers.GetAlternateLookup<ReadOnlySpan<byte>>();

    public void Add(string stream, Consumer consumer) => _consumers[Encoding.UTF8.GetBytes($"{stream}.{consumer.Name}")] = consumer;

    public void Remove(string stream, Consumer consumer) =>
        _consumers.TryRemove(new KeyValuePair<byte[], Consumer>(Encoding.UTF8.GetBytes($"{stream}.{consumer.Name}"), consumer));

    public bool TryFind(ReadOnlySpan<byte> key, [NotNullWhen(true)] out Consumer? consumer) => _lookup.TryGetValue(key, out consumer);

    private sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
