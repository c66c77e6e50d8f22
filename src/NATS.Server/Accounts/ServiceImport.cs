using System.Buffers;
using System.Text;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Accounts;

/// <summary>A service of another account that an account may ask under a subject of its own. Immutable, thread-safe.</summary>
internal sealed class ServiceImport
{
    /// <summary>Describes an accepted import.</summary>
    /// <param name="declared">As declared.</param>
    /// <param name="exporter">Whose service it is.</param>
    /// <param name="export">What allows the import.</param>
    /// <param name="from">The pattern of requests here, <c>*</c> where they vary.</param>
    /// <param name="to">The pattern of requests there, <c>*</c> where they vary.</param>
    /// <param name="transform">From the subject here to the subject there; null when they are the same, or when both are literals.</param>
    public ServiceImport(ImportOptions declared, Account exporter, ExportOptions export, string from, string to, SubjectTransform? transform)
    {
        Declared = declared;
        Exporter = exporter;
        Export = export;
        From = Encoding.UTF8.GetBytes(from);
        To = Encoding.UTF8.GetBytes(to);
        Transform = transform;
    }

    public ImportOptions Declared { get; }

    public Account Exporter { get; }

    public ExportOptions Export { get; }

    /// <summary>The pattern of requests in the importing account.</summary>
    public byte[] From { get; }

    /// <summary>The pattern of requests in the exporting account.</summary>
    public byte[] To { get; }

    /// <summary>From a subject here to the subject there; null when they are the same, or when both are literals.</summary>
    public SubjectTransform? Transform { get; }

    /// <summary>The subject that a request has in the exporting account, before that account's mappings. Not for the path of messages.</summary>
    public byte[] SubjectThere(byte[] subject)
    {
        if (Transform is null) return Subject.HasWildcard(To) ? subject : To;
        var there = new ArrayBufferWriter<byte>(subject.Length + 1);
        Transform.Transform(subject, there, Random.Shared);
        return there.WrittenSpan.ToArray();
    }

    /// <summary>Whether both stand for the same import.</summary>
    public bool IsSameAs(ServiceImport other) => Declared == other.Declared && Export == other.Export && ReferenceEquals(Exporter, other.Exporter);
}
