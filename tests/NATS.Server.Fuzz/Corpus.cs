using System.Globalization;
using System.Text;

namespace NATS.Server.Fuzz;

/// <summary>Seed inputs, one a line, with <c>\r \n \t \\ \xNN</c> escapes; lines that begin with # are comments.</summary>
internal static class Corpus
{
    public static List<byte[]> Read(string target)
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Corpus", target + ".txt");
        return [.. File.ReadLines(file).Where(line => line.Length > 0 && line[0] != '#').Select(Unescape)];
    }

    public static string Escape(ReadOnlySpan<byte> input)
    {
        var text = new StringBuilder();
        foreach (byte b in input)
        {
            text.Append(b switch
            {
                (byte)'\r' => "\\r",
                (byte)'\n' => "\\n",
                (byte)'\t' => "\\t",
                (byte)'\\' => "\\\\",
                < 32 or > 126 => "\\x" + b.ToString("x2", CultureInfo.InvariantCulture),
                _ => ((char)b).ToString(),
            });
        }

        return text.ToString();
    }

    private static byte[] Unescape(string line)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(line[i].ToString()));
                continue;
            }

            switch (line[++i])
            {
                case 'r': bytes.Add((byte)'\r'); break;
                case 'n': bytes.Add((byte)'\n'); break;
                case 't': bytes.Add((byte)'\t'); break;
                case 'x':
                    bytes.Add(byte.Parse(line.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 2;
                    break;
                default: bytes.Add((byte)line[i]); break;
            }
        }

        return [.. bytes];
    }
}
