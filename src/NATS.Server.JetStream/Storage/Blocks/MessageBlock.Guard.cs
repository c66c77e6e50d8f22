using System.Buffers.Binary;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>The guard file beside a block (<see cref="GuardEntry"/>). It only helps: that it could not be written does not matter.</content>
internal sealed partial class MessageBlock
{
    private const int Unknown = -1;

    // Encrypted with the block's cipher, so far from its records that they never meet.
    private const long PlaceInKeyStream = 1L << 36;
    private const long LeastGuards = 1 << 20;
    private const uint LengthBits = ~(1U << 31);

    private IDiskFile? _guard;
    private int _guarded;

    private void CloseGuard()
    {
        _guard?.Dispose();
        _guard = null;
    }

    private void ForgetGuard() => _guarded = Unknown;

    /// <summary>Deletes the guard, for the space that it takes.</summary>
    /// <exception cref="DiskException">It could not be deleted.</exception>
    public void FreeGuard() => DeleteGuard();

    // The next append writes it anew.
    private void DeleteGuard()
    {
        CloseGuard();
        ForgetGuard();
        Options.Disk.DeleteFile(PathOf(".guard"));
    }

    private void GuardAppended(BlockContent content, int from, int to)
    {
        if (_guarded == Unknown && content.IsWhole)
        {
            GuardAll(content);
            return;
        }

        byte[] entries = EntriesOf(content, from, to);
        try
        {
            _guard ??= Options.Disk.Open(PathOf(".guard"), DiskOpen.OrCreate);
            if (_guarded == Unknown) _guarded = (int)(_guard.Length / GuardEntry.Length);
            WriteGuard(entries);
        }
        catch (DiskException)
        {
            ForgetGuard();
        }
    }

    private void GuardAll(BlockContent content)
    {
        CloseGuard();
        try
        {
            _guard = Options.Disk.Open(PathOf(".guard"), DiskOpen.Empty);
            _guarded = 0;
            WriteGuard(EntriesOf(content, 0, _flushed));
        }
        catch (DiskException)
        {
            ForgetGuard();
        }
    }

    private void WriteGuard(byte[] entries)
    {
        long at = (long)_guarded * GuardEntry.Length;
        Cipher?.Apply(PlaceInKeyStream + at, entries);
        _guard!.Write(at, entries);
        _guarded += entries.Length / GuardEntry.Length;
    }

    // No longer than one for a block of a length can be, and some more, as it may be of a block whose end is lost.
    private byte[] ReadGuard(int blockLength)
    {
        long longest = (LeastGuards + (2L * blockLength / MessageRecord.EmptyLength)) * GuardEntry.Length;
        byte[]? guard = Recovery.DiskFiles.Read(Options.Disk, PathOf(".guard"), longest, out _);
        if (guard is null) return [];
        Cipher?.Apply(PlaceInKeyStream, guard);
        return guard;
    }

    internal static byte[] EntriesOf(BlockContent content, int from, int to)
    {
        int count = 0;
        for (int at = content.SkipHoles(from); at < to; at = content.SkipHoles(at + LengthOf(content, at)))
        {
            count++;
        }

        byte[] entries = new byte[count * GuardEntry.Length];
        int entry = 0;
        for (int at = content.SkipHoles(from); at < to; at = content.SkipHoles(at + LengthOf(content, at)))
        {
            GuardEntry.Write(entries.AsSpan(entry), content.Slice(at, at + LengthOf(content, at)));
            entry += GuardEntry.Length;
        }

        return entries;
    }

    private static int LengthOf(BlockContent content, int at) =>
        (int)(BinaryPrimitives.ReadUInt32LittleEndian(content.Slice(at, at + MessageRecord.HeaderLength)) & LengthBits);
}
