using System.Buffers;
using System.Globalization;
using System.Text;

namespace NATS.Server.Core.Config;

/// <summary>
/// Parses the configuration language into a tree of <see cref="ConfigValue"/>. Pure: files and environment come from <see cref="ConfigSources"/>.
/// Thread-safe as far as those are.
/// </summary>
public static class ConfigParser
{
    /// <summary>Levels of maps and arrays, variables expanded.</summary>
    public const int MaxDepth = 1000;

    /// <summary>Values, variables expanded: a few lines of variables that repeat variables could stand for any number of them.</summary>
    public const int MaxValues = 10_000_000;

    /// <summary>Files that include each other in a chain.</summary>
    public const int MaxIncludeDepth = 100;

    /// <summary>Parses a text.</summary>
    /// <param name="text">UTF-8; other bytes are kept as they are.</param>
    /// <param name="file">Path for positions and as the base of includes; empty without a file.</param>
    /// <param name="sources">Where includes and environment variables come from.</param>
    public static ConfigParseResult Parse(ReadOnlyMemory<byte> text, string file, ConfigSources sources)
    {
        try
        {
            return new ConfigParseResult(new Parsing(file, sources, [], includeDepth: 0, pinned: null).Run(text));
        }
        catch (ConfigSyntaxException exception)
        {
            return new ConfigParseResult(exception.Message);
        }
    }

    /// <summary>Reads and parses a file.</summary>
    public static ConfigParseResult ParseFile(string file, ConfigSources sources)
    {
        var content = sources.ReadFile(file);
        return content.Error is null ? Parse(content.Data, file, sources) : new ConfigParseResult(content.Error);
    }

    /// <summary>Leaves the parser; never its assembly, and never seen by a caller.</summary>
    private sealed class ConfigSyntaxException(string message) : Exception(message);

    /// <summary>The parsing of one file, or of one environment variable. One owner.</summary>
    /// <param name="file">Path for positions.</param>
    /// <param name="sources">Files and environment.</param>
    /// <param name="openVariables">Environment variables that are being parsed, to notice cycles.</param>
    /// <param name="includeDepth">How many files include this one in a chain.</param>
    /// <param name="pinned">For an environment variable: the position of the reference, which all of its values get.</param>
    private sealed class Parsing(string file, ConfigSources sources, HashSet<string> openVariables, int includeDepth, ConfigPosition? pinned)
    {
        private const string EnvironmentKey = "pk";

        // An unquoted bcrypt hash looks like a reference to a variable.
        private const string BcryptPrefix = "2a$";

        private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789-");

        private readonly ConfigMap _root = new();
        private readonly Stack<object> _contexts = new();
        private readonly Stack<(string Name, ConfigPosition Position)> _keys = new();

        public ConfigMap Run(ReadOnlyMemory<byte> text)
        {
            var lexer = new ConfigLexer(text);
            _contexts.Push(_root);
            ConfigItem previous = default;
            while (true)
            {
                var item = lexer.Next();
                if (item.Kind == ConfigItemKind.End)
                {
                    CheckEnd(previous, item);
                    break;
                }
                previous = item;
                Process(item);
            }
            if (_root.Depth > MaxDepth) throw new ConfigSyntaxException($"configuration is nested deeper than {MaxDepth} levels");
            if (_root.Size > MaxValues) throw new ConfigSyntaxException($"configuration has more than {MaxValues} values");
            return _root;
        }

        // A file may end in a lone closing bracket, as JSON does; it was read as a key. Any other key without a value is an error.
        private void CheckEnd(ConfigItem last, ConfigItem end)
        {
            if (last.Kind == ConfigItemKind.Key && last.Text != "}")
                throw new ConfigSyntaxException($"config is invalid ({new ConfigPosition(file, end.Line, end.Column)})");
        }

        private void Process(ConfigItem item)
        {
            switch (item.Kind)
            {
                case ConfigItemKind.Error:
                    throw new ConfigSyntaxException($"Parse error on line {item.Line}: '{item.Text}'");
                case ConfigItemKind.Key:
                    _keys.Push((item.Text, PositionOf(item)));
                    break;
                case ConfigItemKind.MapStart:
                    Open(new ConfigMap());
                    break;
                case ConfigItemKind.ArrayStart:
                    Open(new ConfigArray());
                    break;
                case ConfigItemKind.MapEnd or ConfigItemKind.ArrayEnd:
                    Add(item, _contexts.Pop());
                    break;
                case ConfigItemKind.Text:
                    Add(item, item.Text);
                    break;
                case ConfigItemKind.Integer:
                    Add(item, ParseInteger(item));
                    break;
                case ConfigItemKind.Float:
                    Add(item, ParseFloat(item.Text));
                    break;
                case ConfigItemKind.Boolean:
                    Add(item, item.Text.ToUpperInvariant() is "TRUE" or "YES" or "ON");
                    break;
                case ConfigItemKind.DateTime:
                    Add(item, ParseDateTime(item.Text));
                    break;
                case ConfigItemKind.Variable:
                    Add(item, ResolveVariable(item));
                    break;
                case ConfigItemKind.Include:
                    Include(item.Text);
                    break;
            }
        }

        private void Open(object context)
        {
            if (_contexts.Count > MaxDepth) throw new ConfigSyntaxException($"configuration is nested deeper than {MaxDepth} levels");
            _contexts.Push(context);
        }

        private void Add(ConfigItem item, object content) => Add(new ConfigValue(content, PositionOf(item)));

        private void Add(ConfigValue value)
        {
            if (_contexts.Peek() is ConfigArray array)
            {
                array.Add(value);
                return;
            }
            // The innermost key without a value gets it. A map that ends right after a key leaves that key to the map itself: "a { b }" is "b {}".
            var (name, position) = _keys.Pop();
            value.Position = position;
            ((ConfigMap)_contexts.Peek()).Set(name, value);
        }

        private ConfigPosition PositionOf(ConfigItem item) => pinned ?? new ConfigPosition(file, item.Line, item.Column);

        private object ResolveVariable(ConfigItem reference)
        {
            var name = reference.Text;
            if (name.StartsWith(BcryptPrefix, StringComparison.Ordinal)) return "$" + name;

            foreach (var context in _contexts)
            {
                if (context is not ConfigMap map || !map.TryGet(name, out var value)) continue;
                value.IsUsedVariable = true;
                return value.Content;
            }

            if (!openVariables.Add(name)) throw Unparsable($"variable reference cycle for '{name}'");
            try
            {
                var text = sources.ReadEnvironment(name) ??
                    throw new ConfigSyntaxException($"variable reference for '{name}' on line {reference.Line} can not be found");
                return ParseEnvironment(text) ??
                    throw new ConfigSyntaxException($"variable reference for '{name}' on line {reference.Line} can not be found");
            }
            finally
            {
                openVariables.Remove(name);
            }

            object? ParseEnvironment(string text)
            {
                var nested = new Parsing("", sources, openVariables, includeDepth, PositionOf(reference));
                try
                {
                    return nested.Run(Encoding.UTF8.GetBytes($"{EnvironmentKey}={text}")).TryGet(EnvironmentKey, out var value) ? value.Content : null;
                }
                catch (ConfigSyntaxException exception)
                {
                    throw Unparsable(exception.Message);
                }
            }

            ConfigSyntaxException Unparsable(string why) =>
                new($"variable reference for '{name}' on line {reference.Line} could not be parsed: {why}");
        }

        private void Include(string name)
        {
            var path = ConfigPath.Beside(file, name);
            if (includeDepth >= MaxIncludeDepth)
                throw new ConfigSyntaxException($"error parsing include file '{name}', more than {MaxIncludeDepth} files include each other");
            var content = sources.ReadFile(path);
            if (content.Error is not null) throw new ConfigSyntaxException($"error parsing include file '{name}', {content.Error}");
            ConfigMap included;
            try
            {
                included = new Parsing(path, sources, [], includeDepth + 1, pinned).Run(content.Data);
            }
            catch (ConfigSyntaxException exception)
            {
                throw new ConfigSyntaxException($"error parsing include file '{name}', {exception.Message}");
            }
            // Names become those of the including map, and stay where they were written.
            var context = (ConfigMap)_contexts.Peek();
            foreach (var (key, value) in included) context.Set(key, value);
        }

        private long ParseInteger(ConfigItem item)
        {
            var text = item.Text;
            var digits = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
            var number = digits < 0 ? text : text[..digits];
            if (!Int128.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            {
                throw new ConfigSyntaxException(number.AsSpan(number.StartsWith('-') ? 1 : 0) is { Length: > 0 } rest && !rest.ContainsAnyExceptInRange('0', '9')
                    ? $"integer '{text}' is out of the range"
                    : $"expected integer, but got '{text}'");
            }
            if (value < long.MinValue || value > long.MaxValue) throw new ConfigSyntaxException($"integer '{text}' is out of the range");
            var suffix = digits < 0 ? "" : text[digits..].ToUpperInvariant();
            var factor = suffix switch
            {
                "" => 1L,
                "K" => 1000L,
                "KB" or "KI" or "KIB" => 1L << 10,
                "M" => 1000_000L,
                "MB" or "MI" or "MIB" => 1L << 20,
                "G" => 1000_000_000L,
                "GB" or "GI" or "GIB" => 1L << 30,
                "T" => 1000_000_000_000L,
                "TB" or "TI" or "TIB" => 1L << 40,
                "P" => 1000_000_000_000_000L,
                "PB" or "PI" or "PIB" => 1L << 50,
                "E" => 1000_000_000_000_000_000L,
                "EB" or "EI" or "EIB" => 1L << 60,
                // The reference drops such a value and gives its key to the next one.
                _ => char.IsAsciiLetter(suffix[0])
                    ? throw new ConfigSyntaxException($"{PositionOf(item)}: integer '{text}' has an unknown size suffix")
                    : throw new ConfigSyntaxException($"expected integer, but got '{text}'"),
            };
            // Wraps around as the reference does; who reads the value refuses what makes no sense.
            return unchecked((long)value * factor);
        }

        private static double ParseFloat(string text)
        {
            if (!double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                throw new ConfigSyntaxException($"expected float, but got '{text}'");
            if (double.IsInfinity(value)) throw new ConfigSyntaxException($"float '{text}' is out of the range");
            return value;
        }

        private static DateTime ParseDateTime(string text)
        {
            const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            return DateTime.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, utc, out var value)
                ? value
                : throw new ConfigSyntaxException($"expected Zulu formatted DateTime, but got '{text}'");
        }
    }
}
