namespace NATS.Server.Core.Config;

/// <summary>A place in a configuration file, as messages cite it.</summary>
/// <param name="File">Path as it was given; empty for a text without a file.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column in bytes; from 1, but from 0 on the first line, which is how the reference counts.</param>
public readonly record struct ConfigPosition(string File, int Line, int Column)
{
    public override string ToString() => $"{File}:{Line}:{Column}";
}
