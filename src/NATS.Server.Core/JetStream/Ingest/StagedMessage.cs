namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Immutable. A message that waits for the rest of its batch: a copy.</summary>
internal readonly record struct StagedMessage(ReadOnlyMemory<byte> Subject, ReadOnlyMemory<byte> Headers, ReadOnlyMemory<byte> Payload)
{
    /// <summary>What it takes in memory, about.</summary>
    public long Bytes => 128L + Subject.Length + Headers.Length + Payload.Length;

    public static StagedMessage Copy(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        byte[] bytes = new byte[subject.Length + headers.Length + payload.Length];
        subject.CopyTo(bytes);
        headers.CopyTo(bytes.AsSpan(subject.Length));
        payload.CopyTo(bytes.AsSpan(subject.Length + headers.Length));
        return new StagedMessage(bytes.AsMemory(0, subject.Length), bytes.AsMemory(subject.Length, headers.Length), bytes.AsMemory(subject.Length + headers.Length));
    }

    public IngestMessage ToIngest() => new() { Subject = Subject.Span, Headers = Headers.Span, Payload = Payload.Span };

    /// <summary>The message as it is to be stored.</summary>
    public StagedMessage With(in IngestPlan plan) => Subject.Span == plan.Subject && Headers.Span == plan.Headers && Payload.Span == plan.Payload ? this : Copy(plan.Subject, plan.Headers, plan.Payload);
}
