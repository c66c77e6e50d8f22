namespace NATS.Server.Host.Flags;

/// <summary>The value of one command-line flag; all spellings of a flag share it. Single-threaded: filled while the command line is read.</summary>
internal abstract class FlagValue
{
    /// <summary>True once the command line named the flag, by any spelling.</summary>
    public bool IsGiven { get; set; }

    /// <summary>A flag that needs no value: <c>-x</c> means <c>-x=true</c>, and the next argument is never taken.</summary>
    public virtual bool IsBoolean => false;

    /// <summary>Takes the text of a value.</summary>
    /// <returns>Null, or why the text is not a value of this flag, in the words of Go's flag package.</returns>
    public abstract string? Set(string text);
}

internal sealed class BooleanFlag(bool initial) : FlagValue
{
    public bool Value { get; private set; } = initial;

    public override bool IsBoolean => true;

    public override string? Set(string text)
    {
        switch (text)
        {
            case "1" or "t" or "T" or "true" or "TRUE" or "True":
                Value = true;
                return null;
            case "0" or "f" or "F" or "false" or "FALSE" or "False":
                Value = false;
                return null;
            default:
                return GoInteger.ParseError;
        }
    }
}

/// <summary>A 64-bit integer in any of Go's notations.</summary>
internal sealed class IntegerFlag : FlagValue
{
    public long Value { get; private set; }

    public override string? Set(string text)
    {
        var error = GoInteger.Parse(text, out var value);
        if (error is null)
            Value = value;
        return error;
    }
}

internal sealed class TextFlag : FlagValue
{
    public string Value { get; private set; } = "";

    public override string? Set(string text)
    {
        Value = text;
        return null;
    }
}
