using System.Text;

namespace NATS.Server.Core.Subjects;

/// <summary>One step of an applied transform: literal bytes with the separators around them, or a function over tokens of the source. Immutable.</summary>
/// <param name="Kind">What to write.</param>
/// <param name="Tokens">The source's tokens to read, counted from 0.</param>
/// <param name="Number">Partitions, bound, position or size.</param>
/// <param name="Text">The literal bytes, or the separator to split on.</param>
internal sealed record TransformStep(TransformKind Kind, int[] Tokens, int Number, byte[] Text)
{
    private const int LongestNumber = 11;

    /// <summary>An upper bound of what this step writes for a subject of a length.</summary>
    public int MaxLength(int subjectLength) => Kind switch
    {
        TransformKind.Literal => Text.Length,
        TransformKind.Partition or TransformKind.Random => LongestNumber,
        _ => 2 * subjectLength, // at most a separator before every byte
    };

    /// <summary>Writes this step.</summary>
    /// <param name="writer">Has room for <see cref="MaxLength"/>.</param>
    /// <param name="subject">The source subject.</param>
    /// <param name="bounds">Where its tokens start, and behind the last where one more would.</param>
    /// <param name="random">Read by <see cref="TransformKind.Random"/>.</param>
    public void Write(scoped ref SubjectWriter writer, scoped ReadOnlySpan<byte> subject, scoped ReadOnlySpan<int> bounds, Random random)
    {
        switch (Kind)
        {
            case TransformKind.Literal:
                writer.Write(Text);
                return;
            case TransformKind.Partition:
                writer.WriteNumber(Partition(subject, bounds));
                return;
            case TransformKind.Random:
                writer.WriteNumber(Number == 0 ? 0 : random.Next() % (long)Number);
                return;
        }

        ReadOnlySpan<byte> token = Token(subject, bounds, Tokens[0]);
        bool fits = Number > 0 && Number < token.Length;
        switch (Kind)
        {
            case TransformKind.SplitFromLeft when fits:
                WriteSplit(ref writer, token, Number);
                break;
            case TransformKind.SplitFromRight when fits:
                WriteSplit(ref writer, token, token.Length - Number);
                break;
            case TransformKind.SliceFromLeft when fits:
                WriteSlices(ref writer, token, Number);
                break;
            case TransformKind.SliceFromRight when fits:
                WriteSlices(ref writer, token, token.Length % Number == 0 ? Number : token.Length % Number);
                break;
            case TransformKind.Left when fits:
                writer.Write(token[..Number]);
                break;
            case TransformKind.Right when fits:
                writer.Write(token[^Number..]);
                break;
            case TransformKind.Split:
                WriteParts(ref writer, token);
                break;
            default:
                writer.Write(token);
                break;
        }
    }

    // A token that is not there is empty: the caller may transform a subject that it did not match first.
    private static ReadOnlySpan<byte> Token(ReadOnlySpan<byte> subject, ReadOnlySpan<int> bounds, int index) =>
        index + 1 < bounds.Length ? subject[bounds[index]..(bounds[index + 1] - 1)] : default;

    // FNV-1a over the tokens one after the other, or over the whole subject with its separators.
    private long Partition(ReadOnlySpan<byte> subject, ReadOnlySpan<int> bounds)
    {
        if (Number == 0) return 0;
        uint hash = 2166136261;
        if (Tokens.Length == 0)
        {
            hash = Hash(hash, subject);
        }
        else
        {
            foreach (int token in Tokens)
            {
                hash = Hash(hash, Token(subject, bounds, token));
            }
        }

        return hash % unchecked((uint)Number);
    }

    private static uint Hash(uint hash, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            hash = unchecked((hash ^ value) * 16777619);
        }

        return hash;
    }

    private static void WriteSplit(scoped ref SubjectWriter writer, scoped ReadOnlySpan<byte> token, int position)
    {
        writer.Write(token[..position]);
        writer.WriteSeparator();
        writer.Write(token[position..]);
    }

    private void WriteSlices(scoped ref SubjectWriter writer, scoped ReadOnlySpan<byte> token, int first)
    {
        writer.Write(token[..first]);
        for (token = token[first..]; !token.IsEmpty; token = token[Math.Min(Number, token.Length)..])
        {
            writer.WriteSeparator();
            writer.Write(token[..Math.Min(Number, token.Length)]);
        }
    }

    // Empty parts are dropped, with the reference's one exception: two separators at the start leave an empty first token.
    private void WriteParts(scoped ref SubjectWriter writer, scoped ReadOnlySpan<byte> token)
    {
        bool isFirst = true;
        bool firstWasEmpty = false;
        bool isSecond = false;
        while (true)
        {
            int end = NextPart(token, out int next);
            ReadOnlySpan<byte> part = token[..end];
            if (!part.IsEmpty)
            {
                if (!isFirst && !(isSecond && firstWasEmpty)) writer.WriteSeparator();
                writer.Write(part);
            }

            isSecond = isFirst;
            if (isFirst) firstWasEmpty = part.IsEmpty;
            isFirst = false;
            if (next < 0) return;
            token = token[next..];
        }
    }

    // Without a separator every character is a part.
    private int NextPart(ReadOnlySpan<byte> token, out int next)
    {
        if (Text.Length == 0)
        {
            Rune.DecodeFromUtf8(token, out _, out int length);
            next = length < token.Length ? length : -1;
            return length;
        }

        int end = token.IndexOf(Text);
        next = end < 0 ? -1 : end + Text.Length;
        return end < 0 ? token.Length : end;
    }
}
