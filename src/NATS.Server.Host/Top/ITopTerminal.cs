using System.Threading.Channels;

namespace NATS.Server.Host.Top;

/// <summary>A screen and a keyboard.</summary>
internal interface ITopTerminal
{
    /// <summary>Places in a line, 1 or more.</summary>
    int Width { get; }

    /// <summary>Lines, 1 or more.</summary>
    int Height { get; }

    /// <summary>Keys, and null when the screen is to be drawn again: it has another size.</summary>
    ChannelReader<ConsoleKeyInfo?> Inputs { get; }

    /// <summary>Shows lines, as many as there are on the screen.</summary>
    void Draw(IReadOnlyList<TopLine> lines);
}
