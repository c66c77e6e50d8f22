using System.Text;
using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>
/// Owned by one user at a time. The metadata of a stream or a consumer: its configuration, which is bytes here, in <c>meta.inf</c> with <c>meta.sum</c> and in their twin, and its key.
/// </summary>
/// <remarks>
/// <para>Which of the files is believed (checksum: whether <c>meta.sum</c> is that of <c>meta.inf</c>):</para>
/// <para>1. The checksum is right: <c>meta.inf</c>. A twin that says something else is stale, since the other server has written, and is written anew.</para>
/// <para>2. The twin is equal to <c>meta.inf</c>: that; the checksum is damaged, or its writing was interrupted.</para>
/// <para>3. Encrypted, and <c>meta.inf</c> can be opened: that, since a seal does not open by chance.</para>
/// <para>4. The checksum is that of the twin: the twin. Two of three agree; the third was damaged, or the other server stopped between its two writes, and
/// then it has acknowledged nothing.</para>
/// <para>5. <c>meta.inf</c> with one bit turned round has the checksum (or can be opened): that.</para>
/// <para>6. <c>meta.inf</c> is a whole JSON object with the right name, and the checksum is missing, or damaged beyond being one or in one bit: <c>meta.inf</c>.</para>
/// <para>7. The twin, if it is good: an older configuration, perhaps.</para>
/// <para>8. <c>meta.inf</c>, if it is a whole JSON object with the right name: it may be damaged within a value.</para>
/// <para>9. Nothing: the asset is there, with its messages, and has no configuration until one is given. Nothing is deleted.</para>
/// </remarks>
public sealed class AssetMetadata : IDisposable
{
    private readonly IDisk _disk;
    private readonly AssetEncryption _encryption;
    private readonly KeyFile _keyFile;
    private OpenedKeys? _keys;

    private AssetMetadata(IDisk disk, string directory, AssetIdentity identity, AssetEncryption encryption)
    {
        _disk = disk;
        Directory = directory;
        Identity = identity;
        _encryption = encryption;
        _keyFile = KeyFile.OfAsset(disk, directory, identity, encryption);
    }

    public string Directory { get; }

    public AssetIdentity Identity { get; }

    /// <summary>The configuration, decrypted; null when none could be read.</summary>
    public byte[]? Content { get; private set; }

    /// <summary>The key of the asset, with which its state is sealed too; null when it is not encrypted.</summary>
    public AssetKey? Key => _keys?.Current;

    /// <summary>During a conversion that was interrupted: the key with which some may be sealed already.</summary>
    public AssetKey? NextKey => _keys?.Next;

    /// <summary>There is a key, and none of the configured ones opens it: nothing is known of what is encrypted with it, and nothing may be put in its place.</summary>
    public bool IsLocked { get; private set; }

    /// <summary>Whether it is encrypted with other keys or another cipher than configured, or not at all: <see cref="Convert"/> is due.</summary>
    public bool NeedsConversion { get; private set; }

    /// <summary>Writes the metadata of a new asset, durably; its directory is created.</summary>
    /// <exception cref="DiskException">There may be a part of it.</exception>
    public static AssetMetadata Create(IDisk disk, string directory, AssetIdentity identity, AssetEncryption encryption, ReadOnlySpan<byte> content)
    {
        disk.CreateDirectory(directory);
        var metadata = new AssetMetadata(disk, directory, identity, encryption);
        if (encryption.Keys is not null) metadata._keys = new OpenedKeys(metadata._keyFile.Create(), null, isAsConfigured: true);
        metadata.Save(content);
        return metadata;
    }

    /// <summary>Reads the metadata, and repairs what is damaged.</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="directory">Of the stream or consumer.</param>
    /// <param name="identity">What the directory is called.</param>
    /// <param name="encryption">The server's keys.</param>
    /// <param name="findings">Gets what was found.</param>
    /// <param name="repairs">False: nothing is written.</param>
    public static AssetMetadata Read(IDisk disk, string directory, AssetIdentity identity, AssetEncryption encryption, List<StoreFinding> findings, bool repairs = true)
    {
        var metadata = new AssetMetadata(disk, directory, identity, encryption);
        bool hasKey = metadata._keyFile.Exists;
        metadata._keys = metadata._keyFile.Open(findings, repairs);
        metadata.IsLocked = hasKey && metadata._keys is null;
        metadata.Load(findings, repairs);
        return metadata;
    }

    /// <summary>The same asset, after its directory was renamed. This one is not to be used any more.</summary>
    internal AssetMetadata MovedTo(string directory) => new(_disk, directory, Identity, _encryption) { _keys = _keys, Content = Content };

    /// <summary>Writes another configuration, durably: file, checksum and twin.</summary>
    /// <exception cref="DiskException">Each of the three is either the old or the new one, of which either both are believed or none.</exception>
    public void Save(ReadOnlySpan<byte> content)
    {
        Write(_keys?.Current, content);
        Content = content.ToArray();
    }

    /// <summary>
    /// Changes to the configured keys and cipher: new key in the twin; then everything that is sealed, with the new key; then the new key in the key file. Interrupted anywhere, the next start opens
    /// everything and begins again.
    /// </summary>
    /// <param name="writeState">Seals and durably writes what else is sealed with the asset's key.</param>
    /// <exception cref="DiskException">To be tried again at the next start; until then all goes on with the old key.</exception>
    public void Convert(Action<AssetKey>? writeState = null)
    {
        if (!NeedsConversion || Content is null) return;
        AssetKey key = _keyFile.BeginConversion(_keys);
        Write(key, Content);
        writeState?.Invoke(key);
        _keyFile.EndConversion();
        AssetKey? old = _keys?.Current;
        AssetKey? next = _keys?.Next;
        _keys = new OpenedKeys(key, null, isAsConfigured: true);
        old?.Dispose();
        if (!ReferenceEquals(next, key)) next?.Dispose();
        NeedsConversion = false;
    }

    public void Dispose() => _keys?.Dispose();

    private void Write(AssetKey? key, ReadOnlySpan<byte> content)
    {
        byte[] file = Seal(key, content);
        AssetFiles.Replace(
            _disk,
            Directory,
            (AssetFiles.MetaTwin, TwinFile.Encode(Identity.HashKey, file)),
            (AssetFiles.Meta, file),
            (AssetFiles.Checksum, Encoding.ASCII.GetBytes(MetaChecksum.Of(Identity.HashKey, file))));
    }

    private byte[] Seal(AssetKey? key, ReadOnlySpan<byte> content)
    {
        if (key is null) return content.ToArray();
        using SealingKey sealing = key.CreateSealingKey();
        byte[] file = new byte[content.Length + sealing.Overhead];
        sealing.Seal(_encryption.Draw(sealing.NonceSize), content, file);
        return file;
    }

    private void Load(List<StoreFinding> findings, bool repairs)
    {
        byte[]? file = AssetFiles.Read(_disk, PathOf(AssetFiles.Meta), out string? problem);
        byte[]? checksum = AssetFiles.Read(_disk, PathOf(AssetFiles.Checksum), out string? checksumProblem);
        byte[]? twinFile = AssetFiles.Read(_disk, PathOf(AssetFiles.MetaTwin), out string? twinProblem);
        if (IsLocked) return;
        bool hasTwin = TwinFile.TryDecode(Identity.HashKey, twinFile, out byte[]? twin);
        bool isRight = file is not null && checksum is not null && MetaChecksum.Matches(Identity.HashKey, file, checksum) && Open(file) is not null;
        (byte[]? believed, StoreFindingKind kind, string reason) = isRight ? (file, StoreFindingKind.Note, "") : Choose(file, checksum, hasTwin ? twin : null);
        if (believed is null)
        {
            string text = file is null && checksum is null && twinFile is null ? "is missing" : problem ?? (file is null ? "is missing" : "is damaged");
            findings.Add(new StoreFinding(StoreFindingKind.Loss, PathOf(AssetFiles.Meta), text + ", and there is no twin that is good", IsRepaired: false));
            return;
        }

        Content = Open(believed, out bool isSealed);
        NeedsConversion = _encryption.Keys is not null && (_keys is null || !_keys.IsAsConfigured || !isSealed);
        string sum = MetaChecksum.Of(Identity.HashKey, believed);
        bool isFileGood = file is not null && believed.AsSpan().SequenceEqual(file);
        if (!isFileGood) Repair(findings, kind, AssetFiles.Meta, (problem ?? (file is null ? "is missing" : "is damaged")) + reason, repairs, believed, file);
        if (checksum is null || !MetaChecksum.Matches(Identity.HashKey, believed, checksum))
        {
            string text = checksumProblem ?? (checksum is null ? "is missing" : "is not that of the configuration");
            Repair(findings, isFileGood ? kind : StoreFindingKind.Damage, AssetFiles.Checksum, text + (isFileGood ? reason : ""), repairs, Encoding.ASCII.GetBytes(sum), checksum);
        }

        if (hasTwin && twin.AsSpan().SequenceEqual(believed)) return;
        bool isTwinDamaged = twinFile is not null && !hasTwin;
        string twinText = twinProblem ?? (twinFile is null ? "is missing" : isTwinDamaged ? "is damaged; the file that it is the twin of is good" : "is older than the configuration");
        Repair(
            findings,
            isTwinDamaged || twinProblem is not null ? StoreFindingKind.Damage : StoreFindingKind.Note,
            AssetFiles.MetaTwin,
            twinText,
            repairs,
            TwinFile.Encode(Identity.HashKey, believed),
            isTwinDamaged ? twinFile : null);
    }

    // Rules 2 to 9.
    private (byte[]? Believed, StoreFindingKind Kind, string Reason) Choose(byte[]? file, byte[]? checksum, byte[]? twin)
    {
        if (twin is not null && Open(twin) is null) twin = null;
        bool isPlausible = file is not null && Open(file, out bool isSealed) is not null && (isSealed || HasName(file));
        if (twin is not null && file is not null && twin.AsSpan().SequenceEqual(file)) return (file, StoreFindingKind.Damage, "; the configuration is good");
        if (isPlausible && _keys is not null) return (file, StoreFindingKind.Damage, "; the configuration can be opened and is good");
        if (twin is not null && checksum is not null && MetaChecksum.Matches(Identity.HashKey, twin, checksum)) return (twin, StoreFindingKind.Damage, "; its twin is good");
        if (BitFlips.TryCorrect(file, candidate => IsProven(candidate, checksum)) is { } corrected) return (corrected, StoreFindingKind.Damage, " in one bit, which was found");
        if (isPlausible && !IsWholeChecksum(file!, checksum)) return (file, StoreFindingKind.Damage, "; the configuration looks good");
        if (twin is not null) return (twin, StoreFindingKind.Loss, "; its twin was taken, which may be an older configuration");
        return isPlausible ? (file, StoreFindingKind.Loss, "; the configuration may be damaged within a value") : (null, StoreFindingKind.Loss, "");
    }

    private bool IsProven(byte[] candidate, byte[]? checksum) =>
        _keys is not null ? Open(candidate, out bool isSealed) is not null && isSealed : checksum is not null && MetaChecksum.Matches(Identity.HashKey, candidate, checksum);

    // A text of the right form that is neither that of the file nor one bit away from it speaks against the file.
    private bool IsWholeChecksum(byte[] file, byte[]? checksum)
    {
        if (checksum is not { Length: MetaChecksum.Length } || !Array.TrueForAll(checksum, digit => char.IsAsciiHexDigitLower((char)digit))) return false;
        byte[] expected = Encoding.ASCII.GetBytes(MetaChecksum.Of(Identity.HashKey, file));
        int wrongBits = 0;
        for (int i = 0; i < expected.Length; i++) wrongBits += System.Numerics.BitOperations.PopCount((uint)(expected[i] ^ checksum[i]));
        return wrongBits > 1;
    }

    private byte[]? Open(byte[] file) => Open(file, out _);

    // With a key, what is not sealed is taken if it is JSON: the conversion from plaintext was interrupted.
    private byte[]? Open(byte[] file, out bool isSealed)
    {
        isSealed = false;
        foreach (AssetKey? key in (ReadOnlySpan<AssetKey?>)[_keys?.Current, _keys?.Next])
        {
            if (key is null) continue;
            using SealingKey sealing = key.CreateSealingKey();
            if (file.Length < sealing.Overhead) continue;
            byte[] content = new byte[file.Length - sealing.Overhead];
            if (!sealing.TryOpen(file, content)) continue;
            isSealed = true;
            return content;
        }

        return AssetJson.IsObject(file) ? file : null;
    }

    private bool HasName(byte[] file) => AssetJson.NameOf(file) is { } name && name == Identity.Name;

    private void Repair(List<StoreFinding> findings, StoreFindingKind kind, string name, string text, bool repairs, byte[] content, byte[]? damaged)
    {
        string? failure = repairs ? AssetFiles.Repair(_disk, Directory, name, content, damaged) : null;
        if (failure is not null) text += "; it could not be written anew: " + failure;
        findings.Add(new StoreFinding(kind, PathOf(name), text, repairs && failure is null));
    }

    private string PathOf(string name) => $"{Directory}/{name}";
}
