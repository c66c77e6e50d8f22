using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Owned by one thread. Counts the messages of a block by subject; a subject that is met again and again in a row costs next to nothing.</summary>
internal sealed class SubjectCounter
{
    private readonly SubjectTree<ulong> _counts = new();
    private byte[] _subject = new byte[64];
    private int _length;
    private ulong _row;

    /// <summary>Counts what is in a block.</summary>
    public void Count(MessageBlock block)
    {
        block.Visit(0, Add);
        EndRow();
    }

    /// <summary>Adds what was counted to an index.</summary>
    public void MergeInto(SubjectIndex subjects, uint block) => _counts.ForEach((ReadOnlySpan<byte> subject, ref ulong count) =>
    {
        subjects.Merge(subject, count, block, block, isLastExact: true);
        return true;
    });

    private bool Add(ulong sequence, long timestampNs, ReadOnlySpan<byte> subject, uint bytes)
    {
        if (_row > 0 && !subject.SequenceEqual(_subject.AsSpan(0, _length))) EndRow();
        if (_row++ > 0) return true;
        if (subject.Length > _subject.Length) _subject = new byte[subject.Length * 2];
        subject.CopyTo(_subject);
        _length = subject.Length;
        return true;
    }

    private void EndRow()
    {
        if (_row > 0 && _length > 0) _counts.GetRefOrAdd(_subject.AsSpan(0, _length), out _) += _row;
        _row = 0;
    }
}
