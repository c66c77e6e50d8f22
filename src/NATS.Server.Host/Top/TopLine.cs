namespace NATS.Server.Host.Top;

/// <summary>A line of the screen. Immutable.</summary>
/// <param name="Text">Printable characters, each one place wide.</param>
/// <param name="Style">How all of it is shown.</param>
internal readonly record struct TopLine(string Text, TopStyle Style = TopStyle.Plain);

/// <summary>How a line is shown.</summary>
internal enum TopStyle
{
    Plain,

    /// <summary>The heads of columns.</summary>
    Head,

    /// <summary>The row that keys work on.</summary>
    Selected,

    /// <summary>Something that needs attention.</summary>
    Alert,
}
