using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace NATS.Server.Bench.Load;

/// <summary>
/// One frame as bytes: everything before the payload (control line and, for HPUB/HMSG, the header block), the payload, the line end.
/// All frames of a run have the same length, so that rendering is patching and parsing is comparing.
/// </summary>
internal sealed unsafe class Frame
{
    /// <summary>The header block of the cases with headers.</summary>
    public const string Headers = "NATS/1.0\r\nBench-Key: some value\r\nTrace: 0af7651916cd43dd8448eb211c80319c\r\n\r\n";

    private readonly byte[] _bytes;

    private Frame(string head, int payloadLength, int publisher)
    {
        HeadLength = head.Length;
        PayloadLength = payloadLength;
        Length = head.Length + payloadLength + 2;
        _bytes = GC.AllocateArray<byte>(Length, pinned: true);
        Encoding.ASCII.GetBytes(head, _bytes);
        Payload.Fill(_bytes.AsSpan(HeadLength, payloadLength), publisher);
        "\r\n"u8.CopyTo(_bytes.AsSpan(Length - 2));
        Bytes = (byte*)Unsafe.AsPointer(ref _bytes[0]);
    }

    /// <summary>The frame; pinned, lives as long as this object.</summary>
    public byte* Bytes { get; }

    public int HeadLength { get; }

    public int PayloadLength { get; }

    public int Length { get; }

    /// <param name="arguments">What stands between the operation and the size: <c>subject</c> or <c>subject reply</c>.</param>
    public static Frame Publish(string arguments, int payloadLength, int publisher, bool headers = false) =>
        new(Head(headers ? "HPUB " : "PUB ", arguments, payloadLength, headers), payloadLength, publisher);

    /// <param name="arguments"><c>subject sid</c> or <c>subject sid reply</c>.</param>
    public static Frame Delivery(string arguments, int payloadLength, bool headers = false) =>
        new(Head(headers ? "HMSG " : "MSG ", arguments, payloadLength, headers), payloadLength, publisher: 0);

    /// <summary>Whether <paramref name="data"/> starts with the head of this frame. At least <see cref="Length"/> bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HeadMatches(byte* data, byte* head, int length)
    {
        // Two overlapping loads; a head is never shorter than one Vector128 ("MSG bench.a 1 16\r\n").
        if (length <= 2 * Vector128<byte>.Count)
        {
            var last = length - Vector128<byte>.Count;
            return ((Vector128.Load(data) ^ Vector128.Load(head)) | (Vector128.Load(data + last) ^ Vector128.Load(head + last))) == Vector128<byte>.Zero;
        }

        return new ReadOnlySpan<byte>(data, length).SequenceEqual(new ReadOnlySpan<byte>(head, length));
    }

    private static string Head(string operation, string arguments, int payloadLength, bool headers) =>
        headers
            ? $"{operation}{arguments} {Headers.Length} {Headers.Length + payloadLength}\r\n{Headers}"
            : $"{operation}{arguments} {payloadLength}\r\n";
}
