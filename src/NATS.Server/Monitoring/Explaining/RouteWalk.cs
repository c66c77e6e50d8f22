using System.Text;
using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Owned by one answer. Follows a message to all who get it, and says why others do not. Changes nothing of the server.</summary>
/// <param name="server">The server.</param>
/// <param name="hasReply">Whether the message asks for an answer.</param>
internal sealed class RouteWalk(IMonitoredServer server, bool hasReply)
{
    public FindingBudget Budget { get; } = new();

    /// <summary>Follows a message that has reached an account.</summary>
    /// <param name="account">Exact name.</param>
    /// <param name="subject">The subject there, mappings applied.</param>
    /// <param name="path">How it came there.</param>
    /// <param name="findings">Gets one for everybody who matches.</param>
    /// <param name="tally">Counts.</param>
    /// <returns>How many take it: what the server counts to see whether anybody did.</returns>
    public int Follow(string account, string subject, RoutePath path, List<Finding> findings, RouteTally tally)
    {
        RouteTargets targets = server.FindTargets(account, Encoding.UTF8.GetBytes(subject), Budget.Left);
        int taken = 0;
        foreach (RouteTarget target in targets.Plain)
        {
            if (target is not StreamImportTarget && Step(account, subject, target, path, findings, tally)) taken++;
        }

        foreach (IGrouping<object, StreamImportTarget> import in targets.Plain.OfType<StreamImportTarget>().GroupBy(static target => (object)target.Import))
        {
            taken += FollowImport([.. import], path, findings, tally);
        }

        foreach (RouteQueue queue in targets.Queues)
        {
            if (FollowQueue(account, subject, queue, path, findings, tally)) taken++;
        }

        Budget.Miss(targets.LeftOut);
        tally.AddClient(targets.LeftOut);
        return taken + targets.LeftOut;
    }

    private bool Step(string account, string subject, RouteTarget target, RoutePath path, List<Finding> findings, RouteTally tally) => target switch
    {
        ClientTarget client => ToClient(subject, client, path, findings, tally),
        StreamTarget stream => ToStream(account, subject, stream, path, findings, tally),
        ServiceImportTarget service => ToService(subject, service, path, findings, tally),
        StreamImportTarget import => FollowImport([import], path, findings, tally) > 0,
        InternalTarget own => ToServer(own, findings, tally),
        _ => false,
    };

    private bool ToClient(string subject, ClientTarget client, RoutePath path, List<Finding> findings, RouteTally tally)
    {
        string? refusal = Refuse(subject, client, path, tally);
        if (refusal is null) tally.AddClient();
        if (!Budget.TryTake()) return refusal is null;
        string user = client.User.Length > 0 ? $" of user {client.User}" : "";
        string name = client.Name.Length > 0 ? $" \"{client.Name}\"" : "";
        findings.Add(new Finding
        {
            Kind = "subscription",
            Text = $"connection {client.Cid}{name}{user}, subscribed to \"{client.Subscription}\"{(refusal is null ? "" : $", does not get it: {refusal}")}",
            Subject = client.Subscription,
            Queue = client.Queue.Length > 0 ? client.Queue : null,
            Account = client.Account,
            User = client.User.Length > 0 ? client.User : null,
            Cid = client.Cid,
            Name = client.Name.Length > 0 ? client.Name : null,
            Refusal = refusal,
        });
        return refusal is null;
    }

    // In the order in which a delivery asks.
    private string? Refuse(string subject, ClientTarget client, RoutePath path, RouteTally tally)
    {
        string? refusal = null;
        ExplainRule? rule = null;
        string? hint = null;
        if (client.Cid == path.Publisher && !client.Echo)
        {
            refusal = "it is the publisher itself, and asked for no echo of its own messages";
            rule = new ExplainRule("echo", "false", $"connection {client.Cid}");
        }
        else if (client.Filter is { } filter && !filter.MayDeliver(Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(client.Queue)))
        {
            RightsVerdict? verdict = server.SnapshotRights(client.Cid) is { } rights ? new RightsJudge(rights, server).Delivery(subject, client.Queue) : null;
            refusal = verdict?.Reason ?? "its permissions deny the subject";
            rule = verdict?.Rule;
            hint = verdict?.Hint;
        }
        else if (client.IsClosing)
        {
            refusal = "the connection or the subscription is being closed";
        }
        else if (client.Maximum > 0 && client.Delivered >= client.Maximum)
        {
            refusal = $"the subscription has had the {client.Maximum} messages after which it ends";
        }
        else if (client.IsBehind)
        {
            refusal = "it reads too slowly, and with no_fast_producer_stall such a connection is left out";
            rule = new ExplainRule("no_fast_producer_stall", "true", "the server");
            hint = $"Connection {client.Cid} reads too slowly.";
        }

        if (refusal is not null) tally.AddRefusal($"connection {client.Cid} does not get it: {refusal}", rule, hint);
        return refusal;
    }

    private bool ToStream(string account, string subject, StreamTarget stream, RoutePath path, List<Finding> findings, RouteTally tally)
    {
        StreamRefusal? refusal = StreamJudge.Refuse(stream, server.DisplayNameOf(account));
        string name = stream.Config.Name;
        if (refusal is null) tally.AddStream(name);
        else tally.AddRefusal($"stream {name} does not keep it: {refusal.Reason}", refusal.Rule, refusal.Hint);
        bool isTaken = refusal is null || refusal.IsTaken;
        if (!Budget.TryTake()) return isTaken;
        List<Finding> nested = [];
        if (refusal is null) FollowStored(account, stream, path, nested, tally);
        if (hasReply && isTaken) nested.Add(Acknowledgement(stream, refusal));
        if (stream.Config.MaxMessageSize > 0)
        {
            nested.Add(new Finding { Kind = "limit", Text = $"messages of more than {stream.Config.MaxMessageSize} bytes, headers included, are refused (max_msg_size)", Limit = stream.Config.MaxMessageSize });
        }

        string stored = stream.StoredSubject == subject ? "" : $" as \"{stream.StoredSubject}\"";
        findings.Add(new Finding
        {
            Kind = "stream",
            Text = refusal is null ? $"stream {name} stores it{stored}; {Consumers(stream)}" : $"stream {name} does not keep it: {refusal.Reason}",
            Subject = stream.StoredSubject,
            Account = account,
            Stream = name,
            Value = refusal?.Value,
            Limit = refusal?.Limit,
            Refusal = refusal?.Reason,
            Findings = nested.Count > 0 ? nested : null,
        });
        return isTaken;
    }

    private void FollowStored(string account, StreamTarget stream, RoutePath path, List<Finding> nested, RouteTally tally)
    {
        if (StreamJudge.Displaces(stream) is { } displaced) nested.Add(new Finding { Kind = "limit", Text = displaced });
        foreach (StreamCopy copy in stream.Copies)
        {
            if (!Budget.TryTake()) continue;
            string how = copy.IsMirror ? $"stream {copy.Stream} is a mirror, and copies it" : $"stream {copy.Stream} has the stream as a source, and copies it";
            nested.Add(new Finding { Kind = copy.IsMirror ? "mirror" : "source", Text = how, Account = account, Stream = copy.Stream });
        }

        if (StreamSubjects.Republished(stream.Config, stream.StoredSubject) is not { } subject || !Budget.TryTake()) return;
        List<Finding> onwards = [];
        string text = $"stream {stream.Config.Name} publishes it again as \"{subject}\"{(stream.Config.Republish!.HeadersOnly ? ", with its headers only" : "")}";
        if (path.Depth >= RoutePath.MaxDepth) text += "; it is not followed any further here";
        else if (Follow(account, subject, path.Republished(), onwards, tally) == 0) text += ", and nobody subscribes to that";
        nested.Add(new Finding { Kind = "republish", Text = text, Account = account, Stream = stream.Config.Name, Subject = subject, Findings = onwards.Count > 0 ? onwards : null });
    }

    private static Finding Acknowledgement(StreamTarget stream, StreamRefusal? refusal)
    {
        string name = stream.Config.Name;
        if (stream.Config.NoAck) return new Finding { Kind = "reply", Text = $"stream {name} answers nothing (no_ack): the requester hears nothing of it", Refusal = "no_ack" };
        string text = refusal is null or { IsAcknowledged: true } ? $"stream {name} answers with an acknowledgement" : $"stream {name} answers with an error";
        return new Finding { Kind = "reply", Text = text };
    }

    private static string Consumers(StreamTarget stream) => (stream.Consumers, stream.Interested) switch
    {
        (0, _) => "it has no consumers",
        (1, 1) => "its consumer wants it",
        (_, 0) => "none of its consumers wants it",
        var (all, wanted) => $"{wanted} of its {all} consumers want it",
    };

    private bool ToServer(InternalTarget own, List<Finding> findings, RouteTally tally)
    {
        if (own.Refusal is null) tally.AddServer();
        else tally.AddRefusal(own.Refusal);
        if (Budget.TryTake())
        {
            findings.Add(new Finding
            {
                Kind = "server",
                Text = own.Refusal is null ? own.What : $"not taken: {own.Refusal}",
                Subject = own.Subscription,
                Stream = own.Stream.Length > 0 ? own.Stream : null,
                Consumer = own.Consumer.Length > 0 ? own.Consumer : null,
                Refusal = own.Refusal,
            });
        }

        return own.Refusal is null;
    }

    private bool ToService(string subject, ServiceImportTarget service, RoutePath path, List<Finding> findings, RouteTally tally)
    {
        string exporter = service.Import.Exporter.Name;
        string called = server.DisplayNameOf(exporter);
        string there = Encoding.UTF8.GetString(service.Import.SubjectThere(Encoding.UTF8.GetBytes(subject)));
        var finding = new Finding { Kind = "service_import", Text = $"goes to account {called} as \"{there}\" (service import of \"{service.Import.Declared.Subject}\")", Account = exporter, Subject = there };
        if (path.HasPassed(exporter, service.Import.Export))
        {
            const string circle = "it came through the same export before, and would go round in a circle";
            tally.AddRefusal(circle);
            if (Budget.TryTake()) findings.Add(finding with { Text = $"does not go to account {called}: {circle}", Refusal = circle });
            return false;
        }

        if (!Budget.TryTake()) return true;
        if (path.Depth >= RoutePath.MaxDepth)
        {
            findings.Add(finding with { Text = finding.Text + "; it is not followed any further here" });
            return true;
        }

        List<Finding> nested = [];
        int taken = FollowMapped(exporter, there, path.Through(exporter, service.Import.Export), nested, tally);
        if (taken > 0 && hasReply) nested.Add(ReplyOf(service.Import.Export, called));
        string? refusal = taken > 0 ? null : "nobody takes it there";
        if (refusal is not null) tally.AddRefusal($"nobody in account {called}, whose service it is, takes \"{there}\"", hint: $"Let a responder in account {called} subscribe to \"{there}\".");
        findings.Add(finding with { Refusal = refusal, Text = refusal is null ? finding.Text : $"{finding.Text}, where nobody takes it", Findings = nested.Count > 0 ? nested : null });
        return taken > 0;
    }

    // What comes in by a service import is mapped by the exporting account, and not asked whether it may be published there.
    private int FollowMapped(string account, string subject, RoutePath path, List<Finding> findings, RouteTally tally)
    {
        SubjectShares shares = SubjectShares.Of(server.FindModel(account)?.Mappings, subject);
        if (shares.Mapping is not { } mapping) return Follow(account, subject, path, findings, tally);
        int taken = 0;
        foreach (SubjectShare share in shares.Shares)
        {
            List<Finding> nested = [];
            taken += Follow(account, share.Subject, path, nested, tally);
            if (Budget.TryTake()) findings.Add(MappingWords.Of(mapping, share) with { Account = account, Findings = nested.Count > 0 ? nested : null });
        }

        if (shares.Dropped > 0 && Budget.TryTake()) findings.Add(MappingWords.Dropped(mapping, shares.Dropped) with { Account = account });
        return taken;
    }

    private static Finding ReplyOf(ExportOptions export, string account)
    {
        TimeSpan time = export.ResponseThreshold > TimeSpan.Zero ? export.ResponseThreshold : TimeSpan.FromMilliseconds(Delivery.ReplyQueue.DefaultThresholdMs);
        string answers = export.ResponseType == ServiceResponseType.Singleton ? "one answer" : "all answers up to an empty one";
        return new Finding { Kind = "reply", Text = FormattableString.Invariant($"{answers} of account {account} may come back within {time.TotalSeconds:0.###} s") };
    }

    private int FollowImport(IReadOnlyList<StreamImportTarget> subscriptions, RoutePath path, List<Finding> findings, RouteTally tally)
    {
        StreamImportTarget first = subscriptions[0];
        string called = server.DisplayNameOf(first.Importer);
        var finding = new Finding { Kind = "stream_import", Text = $"account {called} imports it as \"{first.SubjectHere}\"", Account = first.Importer, Subject = first.SubjectHere };
        if (path.CarriesService)
        {
            const string request = "it came as a request to a service, and such messages are not exported as a stream";
            tally.AddRefusal(request);
            if (Budget.TryTake()) findings.Add(finding with { Text = $"account {called} does not get it: {request}", Refusal = request });
            return 0;
        }

        bool isShown = Budget.TryTake();
        List<Finding> nested = [];
        int taken = 0;
        foreach (StreamImportTarget subscription in subscriptions)
        {
            if (Step(subscription.Importer, subscription.SubjectHere, subscription.Real, path, nested, tally)) taken++;
        }

        string? refusal = taken > 0 ? null : "nobody takes it there";
        if (isShown) findings.Add(finding with { Refusal = refusal, Findings = nested.Count > 0 ? nested : null });
        return taken;
    }

    private bool FollowQueue(string account, string subject, RouteQueue queue, RoutePath path, List<Finding> findings, RouteTally tally)
    {
        // A group that streams make among themselves is nobody's business.
        if (queue.Members is [InternalTarget own, ..] && queue.Members.All(static member => member is InternalTarget)) return ToServer(own, findings, tally);
        bool isShown = Budget.TryTake();
        List<Finding> nested = [];
        var members = new RouteTally();
        int taken = queue.LeftOut;
        foreach (RouteTarget member in queue.Members)
        {
            if (Step(account, subject, member, path, nested, members)) taken++;
        }

        Budget.Miss(queue.LeftOut);
        tally.AddRefusals(members);
        if (taken > 0) tally.AddQueue();
        int all = queue.Members.Count + queue.LeftOut;
        string? refusal = taken > 0 ? null : "none of its members takes it";
        string text = taken switch
        {
            0 => $"queue group \"{queue.Name}\" of {Members(all)} does not get it: none takes it",
            1 when all == 1 => $"the one member of queue group \"{queue.Name}\" gets it",
            _ when taken == all => $"one of the {Members(all)} of queue group \"{queue.Name}\" gets it, chosen by chance",
            _ => $"one of {taken} of the {Members(all)} of queue group \"{queue.Name}\" gets it, chosen by chance",
        };
        if (isShown) findings.Add(new Finding { Kind = "queue_group", Text = text, Queue = queue.Name, Value = all, Refusal = refusal, Findings = nested.Count > 0 ? nested : null });
        return taken > 0;
    }

    private static string Members(int count) => count == 1 ? "1 member" : $"{count} members";
}
