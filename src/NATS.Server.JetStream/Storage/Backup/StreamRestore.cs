using NATS.Server.Core.Compression;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>
/// Owned by one user at a time. Makes a stream of a backup, which arrives in pieces: of nats-server since 2.15, or before (a tar of its files). Either the whole stream is there in the end, or
/// nothing of it.
/// </summary>
/// <remarks>
/// Everything that is in a backup may be wrong: sizes, names, order, checksums and the end are checked, and it needs memory for a block of compressed data and one entry. A stream in
/// files is put together in a directory beside and renamed when everything is durable. What an interruption leaves there is deleted at the next start (<c>StreamCatalog</c>).
/// </remarks>
public sealed class StreamRestore : IDisposable
{
    /// <summary>The directory of an account in which streams are put together. nats-server deletes it too when it starts.</summary>
    public const string StagingName = "__snapshots__";

    private readonly RestoreOptions _options;
    private readonly RestoreTarget _target;
    private readonly S2Reader _compressed = new();
    private readonly byte[] _magic = new byte[BackupArchive.Magic.Length];
    private int _magicLength;
    private IArchiveReader? _archive;
    private bool _isDone;

    /// <summary>Waits for the backup. Nothing is on disk before there is something to put there.</summary>
    public StreamRestore(RestoreOptions options)
    {
        _options = options;
        _target = new RestoreTarget(options);
    }

    /// <summary>Why there is no stream, once that is known.</summary>
    public RestoreFailure? Failure { get; private set; }

    /// <summary>The stream, when it is one in memory and complete: the caller's own from then on. Streams in files are to be opened where they are.</summary>
    public MessageStore? Store { get; private set; }

    /// <summary>The consumers of a stream in memory. Those of streams in files are in its directory.</summary>
    public IReadOnlyList<BackupConsumer> Consumers => _target.RestoredConsumers;

    /// <summary>What stands in <c>meta.inf</c>, or would for a stream in memory.</summary>
    public ReadOnlyMemory<byte> Metadata => _target.Metadata;

    /// <summary>Takes a piece of the backup.</summary>
    /// <returns>False: <see cref="Failure"/> says why it failed. Nothing of it is left.</returns>
    public bool Write(ReadOnlySpan<byte> chunk)
    {
        if (_isDone) return false;
        try
        {
            while (_compressed.Read(chunk, out int consumed, out ReadOnlySpan<byte> block))
            {
                chunk = chunk[consumed..];
                if (Take(block) is { } failure) return Fail(failure);
            }

            return _compressed.Error == S2Error.None || Fail(RestoreFailure.OfArchive(TextOf(_compressed.Error)));
        }
        catch (DiskException failure)
        {
            return Fail(OfDisk(failure));
        }
    }

    /// <summary>The backup has arrived. When this returns true, the stream is there and durable.</summary>
    public bool Complete()
    {
        if (_isDone) return Failure is null;
        if (!_compressed.IsBetweenChunks || _archive is null) return Fail(RestoreFailure.CutOff);
        try
        {
            if ((_archive.End() ?? _target.Finish() ?? _target.Publish()) is { } failure) return Fail(failure);
        }
        catch (DiskException failure)
        {
            return Fail(OfDisk(failure));
        }

        Store = _target.Release();
        Close();
        return true;
    }

    /// <summary>Ends a restore that was not completed; nothing of it is left.</summary>
    public void Dispose()
    {
        if (!_isDone) Close();
    }

    private static RestoreFailure OfDisk(DiskException failure) => new(RestoreFailureKind.Disk, failure.Message);

    // The words of the library that nats-server uses.
    private static string TextOf(S2Error error) => error switch
    {
        S2Error.BadChecksum => "s2: corrupt input, crc mismatch",
        S2Error.Unsupported => "s2: unsupported input",
        S2Error.TooLong => "s2: decoded block is too large",
        _ => "s2: corrupt input",
    };

    private RestoreFailure? Take(ReadOnlySpan<byte> data)
    {
        if (_archive is null)
        {
            int taken = Math.Min(data.Length, _magic.Length - _magicLength);
            data[..taken].CopyTo(_magic.AsSpan(_magicLength));
            _magicLength += taken;
            data = data[taken..];
            if (_magicLength < _magic.Length) return null;
            if (_magic.AsSpan().SequenceEqual(BackupArchive.Magic))
            {
                _archive = new MessageArchiveReader(_target, _options);
            }
            else
            {
                _archive = new FileArchiveReader(_target, _options);
                if (_archive.Take(_magic) is { } failure) return failure;
            }
        }

        return _archive.Take(data);
    }

    private bool Fail(RestoreFailure failure)
    {
        Failure ??= failure;
        Close();
        return false;
    }

    private void Close()
    {
        _isDone = true;
        _compressed.Dispose();
        _archive?.Dispose();
        _target.Dispose();
        try
        {
            _options.Disk.DeleteDirectory(_options.StagingDirectory);
        }
        catch (DiskException)
        {
            // The next start deletes it.
        }
    }
}
