namespace NATS.Server.Core.Config;

/// <summary>Content of a configuration file, or why it could not be read.</summary>
/// <param name="Data">The text in UTF-8.</param>
/// <param name="Error">Null on success; else the reason, such as <c>open a.conf: no such file or directory</c>.</param>
public readonly record struct ConfigFile(ReadOnlyMemory<byte> Data, string? Error = null);
