using System.Security.Cryptography;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>
/// Any thread, for each directory one at a time. A file with the key of a stream or a consumer, and its twin: keys are the one thing that cannot be rebuilt.
/// </summary>
/// <remarks>
/// While an asset is converted to another key the twin already holds the new one and the file still the old one: until all that is encrypted with the old key is written anew,
/// both are needed. A file that was written by nats-server may have a twin that is stale: the file is tried first.
/// </remarks>
public sealed class KeyFile
{
    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly string _name;
    private readonly string _twin;
    private readonly string _context;
    private readonly HighwayHashKey _hashKey;
    private readonly AssetEncryption _encryption;

    /// <summary>Names the files; nothing is read.</summary>
    /// <param name="disk">Where they are.</param>
    /// <param name="directory">In which they are.</param>
    /// <param name="name">Of the file as nats-server knows it.</param>
    /// <param name="twin">Of its twin.</param>
    /// <param name="context">What the key is bound to, as <see cref="StoreKeys"/> says.</param>
    /// <param name="hashKey">Of the asset or block.</param>
    /// <param name="encryption">The server's keys.</param>
    public KeyFile(IDisk disk, string directory, string name, string twin, string context, HighwayHashKey hashKey, AssetEncryption encryption)
    {
        _disk = disk;
        _directory = directory;
        _name = name;
        _twin = twin;
        _context = context;
        _hashKey = hashKey;
        _encryption = encryption;
    }

    /// <summary>Of a stream's or consumer's <c>meta.key</c>.</summary>
    public static KeyFile OfAsset(IDisk disk, string directory, AssetIdentity identity, AssetEncryption encryption) =>
        new(disk, directory, AssetFiles.Key, AssetFiles.KeyTwin, identity.KeyContext, identity.HashKey, encryption);

    private string Path => $"{_directory}/{_name}";

    /// <summary>Whether there is anything of the two.</summary>
    public bool Exists => _disk.FileExists(Path) || _disk.FileExists($"{_directory}/{_twin}");

    /// <summary>Makes a new key and writes both files, durably.</summary>
    /// <exception cref="DiskException">There may be one of them.</exception>
    public AssetKey Create()
    {
        byte[] file = Make(out AssetKey key);
        AssetFiles.Replace(_disk, _directory, (_twin, TwinFile.Encode(_hashKey, file)), (_name, file));
        return key;
    }

    /// <summary>Opens what is there, and repairs what is damaged.</summary>
    /// <param name="findings">Gets what was found.</param>
    /// <param name="repairs">False: nothing is written.</param>
    /// <returns>Null when neither the file nor its twin can be opened, which is a finding, or neither is there, which is none.</returns>
    public OpenedKeys? Open(List<StoreFinding> findings, bool repairs)
    {
        byte[]? file = AssetFiles.Read(_disk, Path, out string? problem);
        byte[]? twin = AssetFiles.Read(_disk, $"{_directory}/{_twin}", out string? twinProblem);
        if (file is null && twin is null && problem is null && twinProblem is null) return null;
        if (_encryption.Keys is null)
        {
            // What nats-server says of it.
            findings.Add(new StoreFinding(StoreFindingKind.Loss, Path, "encrypted store encountered with no main key", IsRepaired: false));
            return null;
        }

        AssetKey? inFile = TryOpen(file);
        AssetKey? inTwin = TwinFile.TryDecode(_hashKey, twin, out byte[]? copy) ? TryOpen(copy) : null;
        byte[]? good = file;
        if (inFile is null && BitFlips.TryCorrect(file, candidate => TryOpen(candidate) is { } key && Dispose(key)) is { } corrected)
        {
            good = corrected;
            inFile = TryOpen(good);
            Report(findings, _name, "had one wrong bit", repairs, good, file);
        }
        else if (inFile is null && inTwin is not null)
        {
            good = copy;
            inFile = TryOpen(good);
            Report(findings, _name, (problem ?? (file is null ? "is missing" : "is damaged")) + "; its twin is good", repairs, copy!, file);
        }

        if (inFile is null)
        {
            findings.Add(new StoreFinding(
                StoreFindingKind.Loss, Path, (problem ?? "cannot be opened with the configured keys, or is damaged") + ", and there is no twin that can be", IsRepaired: false));
            return null;
        }

        if (inTwin is null) ReportTwin(findings, twin, twinProblem, repairs, good!);
        if (inTwin is null || copy.AsSpan().SequenceEqual(good))
        {
            inTwin?.Dispose();
            return new OpenedKeys(inFile, null, IsCurrent(good!));
        }

        // Two good files that differ: a conversion that was not finished, or a file that nats-server has written since.
        bool isConverting = IsCurrent(copy!) && !IsCurrent(good!);
        if (!isConverting && repairs) AssetFiles.Repair(_disk, _directory, _twin, TwinFile.Encode(_hashKey, good!), damaged: null);
        return new OpenedKeys(inFile, inTwin, IsCurrent(good!));
    }

    /// <summary>Begins to change the key: writes the new one as the twin. What was encrypted with the old one is to be written anew, then <see cref="EndConversion"/>.</summary>
    /// <param name="keys">What is open. The new key of a conversion that was interrupted is taken up again: some may be encrypted with it already.</param>
    /// <returns>The new key; it may be the second of <paramref name="keys"/>.</returns>
    /// <exception cref="DiskException">All is as it was.</exception>
    public AssetKey BeginConversion(OpenedKeys? keys)
    {
        if (keys?.Next is { } next && AssetFiles.Read(_disk, $"{_directory}/{_twin}", out _) is { } twin
            && TwinFile.TryDecode(_hashKey, twin, out byte[]? begun) && IsCurrent(begun)) return next;
        byte[] file = Make(out AssetKey key);
        AssetFiles.Replace(_disk, _directory, (_twin, TwinFile.Encode(_hashKey, file)));
        return key;
    }

    /// <summary>Ends the change of the key: the file becomes what its twin is.</summary>
    /// <exception cref="DiskException">The conversion is not ended, and will be taken up again.</exception>
    public void EndConversion()
    {
        if (TwinFile.TryDecode(_hashKey, AssetFiles.Read(_disk, $"{_directory}/{_twin}", out _), out byte[]? file)) AssetFiles.Replace(_disk, _directory, (_name, file));
    }

    private static bool Dispose(AssetKey key)
    {
        key.Dispose();
        return true;
    }

    private byte[] Make(out AssetKey key)
    {
        StoreKeys keys = _encryption.Keys ?? throw new InvalidOperationException("The store is not encrypted.");
        byte[] seed = _encryption.Draw(AssetKey.SeedSize);
        key = keys.Create(_encryption.Cipher, _context, seed, _encryption.Draw(StoreKeys.NonceSize(_encryption.Cipher)), out byte[] file);
        CryptographicOperations.ZeroMemory(seed);
        return file;
    }

    private bool IsCurrent(byte[] file) => _encryption.Keys!.TryOpen(_encryption.Cipher, _context, file, out AssetKey? key) && Dispose(key);

    // The configured keys and cipher first, then what they may have been before.
    private AssetKey? TryOpen(byte[]? file)
    {
        if (file is null) return null;
        foreach (StoreKeys? keys in (ReadOnlySpan<StoreKeys?>)[_encryption.Keys, _encryption.PreviousKeys])
        {
            if (keys is null) continue;
            if (keys.TryOpen(_encryption.Cipher, _context, file, out AssetKey? key) || keys.TryOpen(_encryption.OtherCipher, _context, file, out key)) return key;
        }

        return null;
    }

    private void Report(
        List<StoreFinding> findings, string name, string text, bool repairs, byte[] content, byte[]? damaged, StoreFindingKind kind = StoreFindingKind.Damage)
    {
        string? failure = repairs ? AssetFiles.Repair(_disk, _directory, name, content, damaged) : null;
        if (failure is not null) text += "; it could not be written anew: " + failure;
        findings.Add(new StoreFinding(kind, $"{_directory}/{name}", text, repairs && failure is null));
    }

    private void ReportTwin(List<StoreFinding> findings, byte[]? twin, string? problem, bool repairs, byte[] file)
    {
        StoreFindingKind kind = twin is null && problem is null ? StoreFindingKind.Note : StoreFindingKind.Damage;
        string text = problem ?? (twin is null ? "is missing: the key had no twin" : "is damaged; the file that it is the twin of is good");
        Report(findings, _twin, text, repairs, TwinFile.Encode(_hashKey, file), twin, kind);
    }
}
