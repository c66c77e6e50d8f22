using System.Buffers;
using System.Text;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Accounts;

/// <summary>A stream of another account that an account receives as its own. Immutable, thread-safe.</summary>
internal sealed class StreamImport
{
    /// <summary>Describes an accepted import.</summary>
    /// <param name="declared">As declared.</param>
    /// <param name="exporter">Whose stream it is.</param>
    /// <param name="to">The pattern of its subjects here, <c>*</c> where they vary.</param>
    /// <param name="transform">From the subject there to the subject here; null when they are the same, or when both are literals.</param>
    public StreamImport(ImportOptions declared, Account exporter, string to, SubjectTransform? transform)
    {
        Declared = declared;
        Exporter = exporter;
        From = Encoding.UTF8.GetBytes(declared.Subject);
        To = Encoding.UTF8.GetBytes(to);
        Transform = transform;
        Reverse = transform?.Reverse();
    }

    public ImportOptions Declared { get; }

    public Account Exporter { get; }

    /// <summary>The pattern of the stream's subjects in the exporting account.</summary>
    public byte[] From { get; }

    /// <summary>The pattern of the stream's subjects in the importing account.</summary>
    public byte[] To { get; }

    /// <summary>From a subject there to the subject here; null when they are the same, or when both are literals.</summary>
    public SubjectTransform? Transform { get; }

    /// <summary>From a pattern here to the pattern there; null with <see cref="Transform"/>.</summary>
    public SubjectTransform? Reverse { get; }

    /// <summary>The subject that a message of the exporting account has here. Not for the path of messages.</summary>
    public byte[] SubjectHere(byte[] subject)
    {
        if (Transform is null) return To.AsSpan().SequenceEqual(From) || Subject.HasWildcard(To) ? subject : To;
        var here = new ArrayBufferWriter<byte>(subject.Length + 1);
        Transform.Transform(subject, here, Random.Shared);
        return here.WrittenSpan.ToArray();
    }

    /// <summary>Whether both stand for the same import, so that what was derived from one holds for the other.</summary>
    public bool IsSameAs(StreamImport other) => Declared == other.Declared && ReferenceEquals(Exporter, other.Exporter);
}
