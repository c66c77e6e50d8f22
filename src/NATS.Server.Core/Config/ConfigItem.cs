namespace NATS.Server.Core.Config;

/// <summary>What the lexer finds.</summary>
internal enum ConfigItemKind : byte
{
    Error,
    End,
    Key,
    Text,
    Boolean,
    Integer,
    Float,
    DateTime,
    ArrayStart,
    ArrayEnd,
    MapStart,
    MapEnd,
    Variable,
    Include,
}

/// <summary>A lexical item: its text without quotes and with escapes resolved, or the message of an error.</summary>
internal readonly record struct ConfigItem(ConfigItemKind Kind, string Text, int Line, int Column);
