using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Engine;

/// <content>Stored streams that this server does not understand: known by their names, and deleted if that is asked for.</content>
internal sealed partial class JetStreamAccount
{
    private readonly Dictionary<string, OfflineStream> _offline = new(StringComparer.Ordinal);

    /// <summary>In order of their names.</summary>
    public IReadOnlyList<OfflineStream> OfflineStreams
    {
        get
        {
            lock (_lock) return _offline.Count == 0 ? [] : [.. _offline.Values.OrderBy(static stream => stream.Name, StringComparer.Ordinal)];
        }
    }

    public bool TryGetOffline(string name, [NotNullWhen(true)] out OfflineStream? stream)
    {
        lock (_lock) return _offline.TryGetValue(name, out stream);
    }

    /// <summary>Notes a stream that is not served; its name and subjects are taken all the same.</summary>
    public void AddOffline(OfflineStream stream)
    {
        lock (_lock)
        {
            if (!_offline.TryAdd(stream.Name, stream)) return;
        }

        Reconfigured(null, stream.Config);
    }

    /// <summary>Deletes a stream that is not served. By the account's executor.</summary>
    public ApiError? DeleteStream(OfflineStream stream)
    {
        try
        {
            Folder!.Delete(stream.Name);
        }
        catch (DiskException problem)
        {
            return ApiErrors.StreamDelete(problem.Message);
        }

        lock (_lock) _offline.Remove(stream.Name);
        Reconfigured(stream.Config, null);
        return null;
    }

    /// <summary>Deletes a consumer for which its stream is not served. The stream is looked at again by the next start. By the account's executor.</summary>
    public ApiError? DeleteConsumer(OfflineStream stream, string consumer)
    {
        if (!stream.Consumers.ContainsKey(consumer)) return ApiErrors.ConsumerNotFound;
        try
        {
            stream.Folder.DeleteConsumer(consumer);
        }
        catch (DiskException problem)
        {
            return ApiErrors.ConsumerStoreFailed(problem.Message);
        }

        lock (_lock) _offline[stream.Name] = stream with { Consumers = stream.Consumers.Where(other => other.Key != consumer).ToDictionary(StringComparer.Ordinal) };
        return null;
    }
}
