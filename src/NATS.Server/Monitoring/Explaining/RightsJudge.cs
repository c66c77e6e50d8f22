using System.Globalization;
using System.Text;
using NATS.Server.Auth;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What one holder of rights may do, asked in the order in which a session asks. Pure over its arguments.</summary>
/// <param name="rights">Whose.</param>
/// <param name="server">Knows limits, and requests that may be answered.</param>
internal sealed class RightsJudge(RightsSnapshot rights, IMonitoredServer server)
{
    // The reference keeps one queue group for itself.
    private const string ReservedQueue = "_sys_";
    private const string OfServer = "the server";

    public RightsWords Words { get; } = new(rights, server.DisplayNameOf(rights.Account));

    /// <summary>Whether a message may be published that has this subject after the mappings of its account.</summary>
    public RightsVerdict Publish(string subject)
    {
        if (Unauthenticated() is { } nobody) return nobody;
        byte[] bytes = Encoding.UTF8.GetBytes(subject);
        if (ReservedSubjects.IsReservedForPublish(bytes))
        {
            string reserved = subject.StartsWith("$NRG.", StringComparison.Ordinal) ? "$NRG." : "_GR_.";
            return Refused($"subjects that begin with {reserved} belong to the server", new ExplainRule("reserved subject", reserved + ">", OfServer));
        }

        if (rights.Permissions is not { } permissions) return Unrestricted("publish");
        PermissionDecision decision = permissions.ExplainPublish(bytes);
        if (decision.IsAllowed) return Allowed(decision, "publish");
        if (rights.Cid > 0 && server.FindGrant(rights.Cid, bytes) is { } grant) return Granted(permissions, grant);
        if (decision.Entry == CalloutSubjects.Request && rights.Account == rights.CalloutAccount) return OnlyServerAsks();
        RightsVerdict refused = Refused(decision, subject);
        return permissions.Responses is { } responses && decision.List == PermissionListKind.PublishAllow && Words.Entries(decision.List).Count == 0
            ? Refused($"{Words.ResponsesName} lets it answer requests, and nothing else is allowed", ResponsesRule(responses)) with { Hint = Words.HowTo($"add \"{subject}\" to", Words.NameOf(PermissionListKind.PublishAllow)) }
            : refused;
    }

    /// <summary>Whether a subscription may be made.</summary>
    /// <param name="subject">May have wildcards.</param>
    /// <param name="queue">The queue group; empty without one.</param>
    public RightsVerdict Subscribe(string subject, string queue)
    {
        if (Unauthenticated() is { } nobody) return nobody;
        if (queue == ReservedQueue) return Refused($"the queue group {ReservedQueue} belongs to the server", new ExplainRule("reserved queue group", ReservedQueue, OfServer));
        byte[] bytes = Encoding.UTF8.GetBytes(subject);
        PermissionDecision decision = rights.Permissions?.ExplainSubscribe(bytes, Encoding.UTF8.GetBytes(queue)) ?? new PermissionDecision(true, PermissionListKind.None, null);
        if (!decision.IsAllowed) return Refused(decision, queue.Length > 0 ? $"{subject} {queue}" : subject);
        int tokens = subject.AsSpan().Count('.') + 1;
        if (server.Options.MaxSubTokens is var most and > 0 && tokens > most)
        {
            return Limited($"the subject has {tokens} tokens, and {most} are allowed", "max_sub_tokens", OfServer, tokens, most) with { Hint = "Subscribe to a subject of fewer tokens, or raise max_sub_tokens and reload." };
        }

        if (rights.MaxSubscriptions is { } limit && rights.Subscriptions >= limit.Maximum)
        {
            string has = rights.Cid > 0 ? $"the connection has {rights.Subscriptions} subscriptions" : "no connection may have any subscription";
            return Limited($"{has}, and {limit.Maximum} are allowed", limit.Rule, limit.Owner, rights.Subscriptions, limit.Maximum) with
            {
                Hint = $"End subscriptions that are not needed, or raise {limit.Rule} of {limit.Owner}.",
            };
        }

        if (!Subject.IsValid(bytes)) return Refused("the subject is not valid: a token is empty, or > is not the last", new ExplainRule("subject", subject, "the protocol"));
        return rights.Permissions is null ? Unrestricted("subscribe") : Allowed(decision, "subscribe");
    }

    /// <summary>Why a message is not delivered to a subscription of the user; null when its permissions do not object.</summary>
    /// <param name="subject">Of the message.</param>
    /// <param name="queue">Of the subscription; empty without one.</param>
    public RightsVerdict? Delivery(string subject, string queue) =>
        rights.Permissions?.ExplainDelivery(Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(queue)) is { } entry
            ? Refused(new PermissionDecision(false, PermissionListKind.SubscribeDeny, entry), subject)
            : null;

    /// <summary>What the right to answer requests adds; null without it.</summary>
    public Finding? Responses(bool isAllowed)
    {
        if (rights.Permissions?.Responses is not { } responses) return null;
        string text = $"{Words.ResponsesName}: a request that was delivered may be answered {Times(responses.MaxMessages)}{Within(responses.Expires)}, also where the lists deny it";
        return new Finding { Kind = "allow_responses", Text = text, Decides = !isAllowed && Words.Entries(PermissionListKind.PublishAllow).Count == 0 };
    }

    private RightsVerdict? Unauthenticated() => rights.IsUnauthenticated
        ? Refused("it has not authenticated yet, and may do nothing before", new ExplainRule("authorization", "", OfServer))
        : null;

    private RightsVerdict Unrestricted(string verb) => new(true, rights.Source == RightsSource.None ? "nothing restricts it" : $"no permissions restrict what it may {verb}", null);

    private RightsVerdict Allowed(in PermissionDecision decision, string verb)
    {
        if (decision.Entry is { } entry) return new RightsVerdict(true, Has(decision.List, entry), RuleOf(decision.List, entry));
        if (decision.List == PermissionListKind.None) return new RightsVerdict(true, $"no permissions restrict what it may {verb}", null);
        return new RightsVerdict(true, $"nothing in {Words.NameOf(decision.List)} matches it, and all else is allowed", new ExplainRule(Words.NameOf(decision.List), Words.All(decision.List), Words.Owner));
    }

    private RightsVerdict Refused(in PermissionDecision decision, string wanted)
    {
        string name = Words.NameOf(decision.List);
        if (decision.IsForOtherQueue)
        {
            return Refused($"{name} allows the subject to queue groups such as that of \"{Words.Written(decision.Entry!)}\", not to this one", RuleOf(decision.List, decision.Entry!)) with
            {
                Hint = Words.HowTo($"add \"{wanted}\" to", name),
            };
        }

        if (decision.Entry is { } entry)
        {
            return Refused(Has(decision.List, entry), RuleOf(decision.List, entry)) with { Hint = Words.HowTo($"take \"{Words.Written(entry)}\" out of", name) };
        }

        int entries = Words.Entries(decision.List).Count;
        string reason = entries == 0 ? $"{name} is empty, and allows nothing" : $"nothing in {name} matches it";
        return Refused(reason, new ExplainRule(name, Words.All(decision.List), Words.Owner)) with { Hint = Words.HowTo($"add \"{wanted}\", or a wildcard that covers it, to", name) };
    }

    private RightsVerdict Granted(PermissionSet permissions, in ResponseGrant grant)
    {
        string left = grant.Messages < 0 ? "" : $", {Times(grant.Messages)} more";
        string ends = grant.Ends is { } time ? $", for the next {Seconds(time)}" : "";
        return new RightsVerdict(true, $"{Words.ResponsesName}: it got a request with this reply subject and may answer it{left}{ends}", ResponsesRule(permissions.Responses!)) { Kind = "allow_responses" };
    }

    private RightsVerdict OnlyServerAsks() => Refused(
        $"only the server asks the authorization service of account {server.DisplayNameOf(rights.Account)}", new ExplainRule("auth_callout", CalloutSubjects.Request, OfServer));

    private ExplainRule RuleOf(PermissionListKind list, string entry) => new(Words.NameOf(list), Words.Written(entry), Words.Owner);

    private ExplainRule ResponsesRule(ResponsePermissionOptions responses) => new(Words.ResponsesName, $"max: {responses.MaxMessages}{Within(responses.Expires).Replace(" within", ", expires:", StringComparison.Ordinal)}", Words.Owner);

    private string Has(PermissionListKind list, string entry)
    {
        string written = Words.Written(entry);
        return written == entry ? $"{Words.NameOf(list)} has \"{entry}\"" : $"{Words.NameOf(list)} has \"{written}\", which is \"{entry}\" for this user";
    }

    private static RightsVerdict Refused(string reason, ExplainRule rule) => new(false, reason, rule);

    private static RightsVerdict Limited(string reason, string rule, string owner, long value, long limit) =>
        new(false, reason, new ExplainRule(rule, limit.ToString(CultureInfo.InvariantCulture), owner)) { Kind = "limit", Value = value, Limit = limit };

    private static string Times(int count) => count switch
    {
        < 0 => "any number of times",
        1 => "once",
        _ => $"{count} times",
    };

    private static string Within(TimeSpan time) => time > TimeSpan.Zero ? $" within {Seconds(time)}" : "";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalSeconds):0.###} s");
}
