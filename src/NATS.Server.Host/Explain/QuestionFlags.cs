using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NATS.Server.Host.Flags;
using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.Host.Explain;

/// <summary>The words and flags of a command line that say what is asked. Single-threaded.</summary>
internal sealed class QuestionFlags
{
    private readonly TextFlag _user;
    private readonly IntegerFlag _cid;
    private readonly TextFlag _account;
    private readonly BooleanFlag _reply;

    public QuestionFlags(FlagSet flags)
    {
        _user = flags.Text("as");
        _cid = flags.Integer("cid");
        _account = flags.Text("account");
        _reply = flags.Boolean("reply");
    }

    /// <summary>Puts the question together, once the flags have been read.</summary>
    /// <param name="words">What is no flag: the kind of question first.</param>
    /// <param name="question">Complete.</param>
    /// <param name="problem">What is missing or too much.</param>
    public bool TryRead(IReadOnlyList<string> words, [NotNullWhen(true)] out ExplainQuestion? question, [NotNullWhen(false)] out string? problem)
    {
        question = null;
        if (words.Count == 0)
        {
            problem = $"what is asked? {ExplainArguments.KnownQuestions}";
            return false;
        }

        if (KindOf(words[0]) is not { } kind)
        {
            problem = $"unknown question {words[0]}: {ExplainArguments.KnownQuestions}";
            return false;
        }

        IReadOnlyList<string> named = [.. words.Skip(1)];
        problem = FindContradiction(kind, named);
        ulong cid = _cid.IsGiven ? (ulong)_cid.Value : 0;
        if (problem is null && kind == ExplainKind.Connection && named.Count > 0 && !(ulong.TryParse(named[0], NumberStyles.None, CultureInfo.InvariantCulture, out cid) && cid > 0))
            problem = $"connection takes the number of a connection, not {named[0]}";
        if (problem is not null) return false;
        question = new ExplainQuestion
        {
            Kind = kind,
            Subject = kind is ExplainKind.Publish or ExplainKind.Subscribe or ExplainKind.Route ? named[0] : "",
            Queue = kind == ExplainKind.Subscribe && named.Count > 1 ? named[1] : "",
            HasReply = _reply.Value,
            Account = _account.Value,
            User = _user.Value,
            Cid = cid,
            Stream = kind == ExplainKind.Consumer ? named[0] : "",
            Consumer = kind == ExplainKind.Consumer ? named[1] : "",
        };
        return true;
    }

    private static ExplainKind? KindOf(string word) => word switch
    {
        "publish" => ExplainKind.Publish,
        "subscribe" => ExplainKind.Subscribe,
        "route" => ExplainKind.Route,
        "consumer" => ExplainKind.Consumer,
        "connection" => ExplainKind.Connection,
        _ => null,
    };

    private string? FindContradiction(ExplainKind kind, IReadOnlyList<string> named)
    {
        (int fewest, int most, string what) = kind switch
        {
            ExplainKind.Publish => (1, 1, "publish takes a subject"),
            ExplainKind.Subscribe => (1, 2, "subscribe takes a subject, and perhaps a queue group"),
            ExplainKind.Route => (1, 1, "route takes a subject"),
            ExplainKind.Consumer => (2, 2, "consumer takes a stream and a consumer"),
            _ => (0, 1, "connection takes the number of a connection, or --as and a user"),
        };
        bool namesSomebody = _user.Value.Length > 0 || _cid.IsGiven;
        if (named.Count < fewest || named.Any(static word => word.Length == 0)) return what;
        if (named.Count > most) return $"unexpected argument {named[most]}: {what}";
        if (_cid.IsGiven && _cid.Value <= 0) return "--cid takes the number of a connection";
        if (_user.Value.Length > 0 && _cid.IsGiven) return "--as or --cid, not both";
        if (_reply.Value && kind != ExplainKind.Route) return "--reply is for route";
        if (kind == ExplainKind.Connection && _account.IsGiven) return "--account is not for connection";
        if (kind == ExplainKind.Connection && named.Count + (namesSomebody ? 1 : 0) != 1) return what;
        if (kind is ExplainKind.Publish or ExplainKind.Subscribe && !namesSomebody && _account.Value.Length == 0)
            return "who? --as and a user, --cid and the number of a connection, or --account for users without permissions of their own";
        return null;
    }
}
