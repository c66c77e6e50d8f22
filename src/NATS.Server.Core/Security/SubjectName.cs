using System.Text;

namespace NATS.Server.Core.Security;

/// <summary>
/// A distinguished name, as in <c>CN=joe,OU=sales+L=here,DC=acme,DC=com</c>: who a certificate is about. Immutable. Written as RFC 4514 says, the last part
/// of the certificate first.
/// </summary>
public sealed class SubjectName
{
    private const int MaxParts = 256;

    private readonly Part[] _parts;

    private SubjectName(Part[] parts) => _parts = parts;

    /// <summary>Reads the text form.</summary>
    /// <returns>False for what is none: an attribute without a type, a broken escape, values in binary form (<c>#…</c>).</returns>
    public static bool TryParse(string text, out SubjectName name)
    {
        name = new SubjectName([]);
        var parts = new List<Part>();
        var attributes = new List<SubjectAttribute>();
        var scanner = new Scanner(text);
        string type = "";
        while (scanner.TryReadPiece(out string piece, out char end))
        {
            switch (end)
            {
                case '=':
                    type = piece;
                    if (scanner.IsAtBinaryValue) return false;
                    break;
                case ',' or '+' or Scanner.End:
                    if (end == Scanner.End && piece.Length == 0)
                    {
                        // Nothing follows the last separator: as in the reference an attribute without value at the end does not count.
                        name = new SubjectName([.. parts]);
                        return true;
                    }

                    if (type.Length == 0) return false;
                    attributes.Add(new SubjectAttribute(type, piece));
                    type = "";
                    if (end == '+') break;
                    if (parts.Count == MaxParts) return false;
                    parts.Add(new Part([.. attributes]));
                    attributes.Clear();
                    if (end != Scanner.End) break;
                    name = new SubjectName([.. parts]);
                    return true;
            }
        }

        return false;
    }

    /// <summary>A name from its parts in the order of the text form.</summary>
    public static SubjectName From(IEnumerable<IReadOnlyList<SubjectAttribute>> parts) => new([.. parts.Select(static part => new Part([.. part]))]);

    /// <summary>Whether both have the same parts in the same order.</summary>
    public bool IsSameAs(SubjectName other)
    {
        if (_parts.Length != other._parts.Length) return false;
        for (int i = 0; i < _parts.Length; i++)
        {
            if (!_parts[i].Equals(other._parts[i])) return false;
        }

        return true;
    }

    /// <summary>Whether both have the same parts, each as often, in whatever order.</summary>
    public bool HasSameParts(SubjectName other)
    {
        if (_parts.Length != other._parts.Length) return false;
        var rest = new List<Part>(other._parts);
        return Array.TrueForAll(_parts, rest.Remove);
    }

    /// <summary>One part: attributes whose order means nothing, each compared as often as it occurs.</summary>
    private sealed record Part(SubjectAttribute[] Attributes)
    {
        public bool Equals(Part? other)
        {
            if (other is null || Attributes.Length != other.Attributes.Length) return false;
            var rest = new List<SubjectAttribute>(other.Attributes);
            foreach (SubjectAttribute attribute in Attributes)
            {
                int at = rest.FindIndex(attribute.IsSameAs);
                if (at < 0) return false;
                rest.RemoveAt(at);
            }

            return true;
        }

        public override int GetHashCode() => Attributes.Length;
    }

    /// <summary>Cuts the text at separators and takes escapes out of the pieces.</summary>
    private ref struct Scanner(string text)
    {
        public const char End = '\0';

        private readonly byte[] _bytes = Encoding.UTF8.GetBytes(text);
        private int _position;
        private bool _isDone;

        public readonly bool IsAtBinaryValue => _position < _bytes.Length && _bytes[_position] == '#';

        /// <summary>False after the end, and for a broken escape.</summary>
        public bool TryReadPiece(out string piece, out char end)
        {
            piece = "";
            end = End;
            if (_isDone) return false;
            var buffer = new List<byte>();
            int trailingBlanks = 0;
            while (_position < _bytes.Length)
            {
                byte b = _bytes[_position++];
                switch (b)
                {
                    case (byte)'=' or (byte)',' or (byte)'+':
                        end = (char)b;
                        piece = Text(buffer, trailingBlanks);
                        return true;
                    case (byte)'\\':
                        if (!TryReadEscaped(out b)) return false;
                        buffer.Add(b);
                        trailingBlanks = 0;
                        break;
                    case (byte)' ' when buffer.Count == 0:
                        break;
                    default:
                        buffer.Add(b);
                        trailingBlanks = b == ' ' ? trailingBlanks + 1 : 0;
                        break;
                }
            }

            _isDone = true;
            piece = Text(buffer, trailingBlanks);
            return true;
        }

        private bool TryReadEscaped(out byte value)
        {
            value = 0;
            if (_position == _bytes.Length) return false;
            value = _bytes[_position++];
            if (value is (byte)' ' or (byte)'"' or (byte)'#' or (byte)'+' or (byte)',' or (byte)';' or (byte)'<' or (byte)'=' or (byte)'>' or (byte)'\\') return true;
            if (_position == _bytes.Length || !char.IsAsciiHexDigit((char)value) || !char.IsAsciiHexDigit((char)_bytes[_position])) return false;
            value = (byte)((Convert.FromHexString([(char)value, (char)_bytes[_position]]))[0]);
            _position++;
            return true;
        }

        private static string Text(List<byte> bytes, int trailingBlanks) => Encoding.UTF8.GetString([.. bytes.Take(bytes.Count - trailingBlanks)]);
    }
}

/// <summary>An attribute of a name.</summary>
/// <param name="Type">As in <c>CN</c>; case means nothing.</param>
/// <param name="Value">Case and blanks count.</param>
public readonly record struct SubjectAttribute(string Type, string Value)
{
    public bool IsSameAs(SubjectAttribute other) => Value == other.Value && Type.Equals(other.Type, StringComparison.OrdinalIgnoreCase);
}
