using System.Buffers;
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
        try
        {
            if (_guarded == Unknown && !content.IsWhole && !TryProveGuard(from))
            {
                // Reading all of it may have guarded the new records as well, and none may be named twice.
                content = Covering(0);
                ForgetGuard();
            }

            if (_guarded == Unknown)
            {
                GuardAll(content);
                return;
            }

            _guard ??= Options.Disk.Open(PathOf(".guard"), DiskOpen.OrCreate);
            WriteGuard(content, from, to);
        }
        catch (DiskException)
        {
            ForgetGuard();
        }
    }

    // When its last entry is that of the record before, nobody has appended to the block without it. Else the block is read.
    private bool TryProveGuard(int from)
    {
        if (Cipher is not null || from < MessageRecord.EmptyLength) return false;
        Span<byte> hash = stackalloc byte[sizeof(ulong)];
        Span<byte> entry = stackalloc byte[GuardEntry.Length];
        _guard ??= Options.Disk.Open(PathOf(".guard"), DiskOpen.OrCreate);
        long last = _guard.Length - GuardEntry.Length;
        if (last < 0 || last % GuardEntry.Length != 0 || last / GuardEntry.Length >= LongestBlock / MessageRecord.EmptyLength) return false;
        if (_file!.Read(from - sizeof(ulong), hash) < hash.Length || _guard.Read(last, entry) < entry.Length) return false;
        if (!GuardEntry.ProvesChecksum(entry, BinaryPrimitives.ReadUInt64LittleEndian(hash))) return false;
        _guarded = (int)(last / GuardEntry.Length) + 1;
        return true;
    }

    private void GuardAll(BlockContent content)
    {
        CloseGuard();
        try
        {
            _guard = Options.Disk.Open(PathOf(".guard"), DiskOpen.Empty);
            _guarded = 0;
            WriteGuard(content, 0, _flushed);
        }
        catch (DiskException)
        {
            ForgetGuard();
        }
    }

    private void WriteGuard(BlockContent content, int from, int to)
    {
        int length = CountRecords(content, from, to) * GuardEntry.Length;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> entries = scratch.AsSpan(0, length);
            WriteEntries(content, from, to, entries);
            long at = (long)_guarded * GuardEntry.Length;
            Cipher?.Apply(PlaceInKeyStream + at, entries);
            _guard!.Write(at, entries);
            _guarded += length / GuardEntry.Length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
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
        byte[] entries = new byte[CountRecords(content, from, to) * GuardEntry.Length];
        WriteEntries(content, from, to, entries);
        return entries;
    }

    private static int CountRecords(BlockContent content, int from, int to)
    {
        int count = 0;
        for (int at = content.SkipHoles(from); at < to; at = content.SkipHoles(at + LengthOf(content, at)))
        {
            count++;
        }

        return count;
    }

    private static void WriteEntries(BlockContent content, int from, int to, Span<byte> entries)
    {
        int entry = 0;
        for (int at = content.SkipHoles(from); at < to; at = content.SkipHoles(at + LengthOf(content, at)))
        {
            GuardEntry.Write(entries[entry..], content.Slice(at, at + LengthOf(content, at)));
            entry += GuardEntry.Length;
        }
    }

    private static int LengthOf(BlockContent content, int at) =>
        (int)(BinaryPrimitives.ReadUInt32LittleEndian(content.Slice(at, at + MessageRecord.HeaderLength)) & LengthBits);
}
